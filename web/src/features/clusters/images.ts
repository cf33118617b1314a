import type { NodeImage } from "@/shared/api/types";

/** The images that instances in this region can boot: all that are ready if no region is given. */
export function imagesFor(images: NodeImage[], region: string): NodeImage[] {
  const name = region.trim();
  return images.filter((image) => image.state === "available" && (name === "" || image.region === name));
}
