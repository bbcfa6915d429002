"use client";

import { useState } from "react";

import { chooseTheme, type Theme, themeOf, THEMES } from "@/browser/theme";

const LABELS: Readonly<Record<Theme, string>> = { system: "System", light: "Light", dark: "Dark" };

/** Choice between the colour schemes. */
export function ThemeChoice({ initial }: { readonly initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  return (
    <label className="row">
      Theme
      <select
        value={theme}
        onChange={(event) => {
          const chosen = themeOf(event.target.value);
          setTheme(chosen);
          chooseTheme(chosen);
        }}
        data-testid="theme"
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {LABELS[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
