import { describe, expect, it } from "vitest";
import { EC2 } from "./ec2Form.fixture";
import { checkEc2, ec2FormFrom, type Ec2Faults, type Ec2Form } from "./ec2Form";

const form = ec2FormFrom(EC2);
const faultsOf = (change: Partial<Ec2Form>, workers: number | null = 2): Ec2Faults => {
  const faults: Ec2Faults = {};
  checkEc2({ ...form, ...change }, workers, faults);
  return faults;
};

describe("the EC2 settings", () => {
  it("are unchanged after a round trip through the form", () => {
    const faults: Ec2Faults = {};
    expect(checkEc2(form, 2, faults)).toEqual(EC2);
    expect(faults).toEqual({});
  });
  it("show all their errors at once", () => {
    const faults = faultsOf({
      region: "Frankfurt",
      masterType: "big",
      workerType: "c6i.large; rm",
      fallbackTypes: "c5.large, c5",
      image: "id",
      imageId: "debian",
      vpc: "subnet-1",
      subnets: "subnet-, subnet-2",
      securityGroup: "sg 1",
      sshFrom: "everywhere",
      diskGb: "1",
      tags: "aws:x=",
      workersMayFail: "3",
    });
    expect(Object.keys(faults).sort()).toEqual(["diskGb", "fallbackTypes", "imageId", "masterType", "region", "securityGroup", "sshFrom", "subnets", "tags", "vpc", "workerType", "workersMayFail"]);
    expect(faults.subnets).toContain("“subnet-”");
    expect(faults.fallbackTypes).toContain("“c5”");
  });
  it.each(["10.0.0.0/8", "203.0.113.7/32", "0.0.0.0/0"])("accept %s as an address block", (sshFrom) => {
    expect(faultsOf({ sshFrom })).toEqual({});
  });
  it.each(["10.0.0.0", "10.0.0/8", "10.0.0.256/8", "010.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8/8", "::1/128"])("reject %s as an address block", (sshFrom) => {
    expect(Object.keys(faultsOf({ sshFrom }))).toEqual(["sshFrom"]);
  });
  it("keep a tag's value unchanged, and reject duplicate names", () => {
    expect(checkEc2({ ...form, tags: " team = shop \n\nurl=http://a?b=c" }, 2, {}).tags).toEqual({ team: "shop", url: "http://a?b=c" });
    for (const tags of ["team", "=x", "a=1\na=2", "Name=x", "jac:cluster=x", "AWS:x=y", `${"n".repeat(128)}=`]) expect(Object.keys(faultsOf({ tags }))).toEqual(["tags"]);
  });
  it("require at least one worker", () => {
    expect(faultsOf({ workersMayFail: "1" })).toEqual({});
    expect(faultsOf({ workersMayFail: "2" }).workersMayFail).toContain("at most 1");
    expect(faultsOf({ workersMayFail: "0" }, 0)).toEqual({});
    expect(faultsOf({ workersMayFail: "1" }, 0).workersMayFail).toContain("Must be 0");
  });
  it("drop an image ID when a distribution is selected", () => {
    expect(checkEc2({ ...form, image: "ubuntu2404", imageId: "nonsense" }, 2, {}).image).toEqual({ newest: "ubuntu2404" });
  });
});
