import type { SessionUser } from "@/server/session";

import { LogOutButton } from "./log-out-button";
import { NavigationLinks } from "./navigation-links";

/** Bar at the top of every page of a signed-in user. */
export function Navigation({ user }: { readonly user: SessionUser }) {
  return (
    <header className="bar">
      <nav aria-label="Main" className="row">
        <NavigationLinks />
      </nav>
      <span className="account quiet" data-testid="nav-user">
        {user.name ?? user.email}
      </span>
      <LogOutButton />
    </header>
  );
}
