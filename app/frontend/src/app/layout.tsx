import type { Metadata } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";

import { THEME_COOKIE, themeOf } from "@/browser/theme";
import { ThemeChoice } from "@/components/theme-choice";

import "./globals.css";
// After the general rules, which they add to.
import "./chat.css";
import "./dashboard.css";

export const metadata: Metadata = { title: "Todo", description: "Keep track of what needs to be done." };

/** Rendered per request: a page made at build time could not carry the nonce of its answer. */
export const dynamic = "force-dynamic";

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" data-theme={theme}>
      <body>
        {children}
        <footer>
          <ThemeChoice initial={theme} />
        </footer>
      </body>
    </html>
  );
}
