import type { NextConfig } from "next";

const config: NextConfig = {
  output: "standalone",
  // The folder of this file is the root, whatever lock files lie above it.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  images: { unoptimized: true },
  // No picture is resized and no web font measured, so what serves that alone stays out: 24 MB of 41.
  outputFileTracingExcludes: {
    "**": ["sharp", "@img", "next/dist/server/capsize-font-metrics.json"].map((path) => `node_modules/${path}{,/**}`),
  },
  productionBrowserSourceMaps: false,
  experimental: { serverSourceMaps: false },
  poweredByHeader: false,
  headers: () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "X-Frame-Options", value: "DENY" },
        { key: "Referrer-Policy", value: "same-origin" },
      ],
    },
  ],
  reactStrictMode: true,
  typedRoutes: true,
};

export default config;
