import { Link } from "react-router";
import { Empty } from "@/shared/ui/Empty";
import { PageHead } from "@/shared/ui/PageHead";

export function NotFound() {
  return (
    <>
      <PageHead title="Page not found" />
      <Empty
        icon="search"
        title="The link may be incomplete, or the item was deleted."
        action={
          <Link className="btn btn-outline-secondary" to="/">
            Go to the overview
          </Link>
        }
      />
    </>
  );
}
