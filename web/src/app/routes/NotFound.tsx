import { Link } from "react-router";
import { Empty } from "@/shared/ui/Empty";
import { PageHead } from "@/shared/ui/PageHead";

export function NotFound() {
  return (
    <>
      <PageHead title="No such page" />
      <Empty icon="search" title="Nothing is at this address." action={<Link className="btn btn-outline-secondary" to="/">Go to the overview</Link>}>
        It may have been removed, or the link is not whole.
      </Empty>
    </>
  );
}
