import { expect, it } from "vitest";
import type { NodeImage } from "@/shared/api/types";
import { imagesFor } from "./images";

const image = (id: string, region: string, state: NodeImage["state"] = "available"): NodeImage => ({
  id,
  region,
  state,
  name: id,
  description: "JMeter 5.6.3 on Java 17",
  architecture: "x86_64",
  created_at: null,
  size_gb: null,
});

it("offers only images that can be booted in the region, and all images while no region is entered", () => {
  const all = [image("ami-1", "eu-central-1"), image("ami-2", "us-east-1"), image("ami-3", "eu-central-1", "pending"), image("ami-4", "us-east-1", "failed")];
  expect(imagesFor(all, " eu-central-1 ").map(({ id }) => id)).toEqual(["ami-1"]);
  expect(imagesFor(all, "").map(({ id }) => id)).toEqual(["ami-1", "ami-2"]);
});
