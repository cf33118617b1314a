import type { BakedImage } from "@/shared/api/types";

/** The images that machines in this region can boot: all that are ready while no region is named. */
export function imagesFor(images: BakedImage[], region: string): BakedImage[] {
  const wanted = region.trim();
  return images.filter((image) => image.state === "available" && (wanted === "" || image.region === wanted));
}
