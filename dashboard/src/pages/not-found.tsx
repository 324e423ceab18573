import { Link } from "@tanstack/react-router";
import { Page } from "../parts/page.tsx";

export function NotFound() {
  return (
    <Page title="No such page">
      <p>
        This address leads nowhere.{" "}
        <Link to="/" className="link">
          Overview
        </Link>{" "}
        has what there is, and Ctrl-K finds hosts and deckies by name.
      </p>
    </Page>
  );
}
