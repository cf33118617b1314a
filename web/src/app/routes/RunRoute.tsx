import { useParams } from "react-router";
import { RunPage } from "@/features/runs/components/RunPage";

export function RunRoute() {
  const { id = "" } = useParams();
  return <RunPage key={id} id={id} />;
}
