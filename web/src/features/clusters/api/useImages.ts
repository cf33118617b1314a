import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { NodeImage } from "@/shared/api/types";

/** The images that JAC created; none if AWS cannot be queried. */
export function useImages() {
  return useQuery({ queryKey: keys.images, queryFn: ({ signal }) => getJson<NodeImage[]>("/images", signal), retry: false });
}
