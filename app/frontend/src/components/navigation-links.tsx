"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

const PAGES = [
  { href: "/dashboard", name: "dashboard", label: "Dashboard" },
  { href: "/tasks", name: "tasks", label: "Tasks" },
  { href: "/chat", name: "chat", label: "Chat" },
] as const;

/** Links to the main pages; the one that is open is marked. */
export function NavigationLinks() {
  const path = usePathname();
  return PAGES.map(({ href, name, label }) => (
    <Link key={name} href={href} aria-current={path === href ? "page" : undefined} data-testid={`nav-${name}`}>
      {label}
    </Link>
  ));
}
