/** Choice of the colour scheme. */

/** Cookie that keeps the choice; the server writes it into each page, so that none appears in the wrong colours first. */
export const THEME_COOKIE = "todo_theme";

/** What can be chosen; `system` follows the device. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Read what a cookie says; anything unknown is `system`. */
export function themeOf(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? "system";
}

/** Show the page in a colour scheme and keep the choice for a year. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${THEME_COOKIE}=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
