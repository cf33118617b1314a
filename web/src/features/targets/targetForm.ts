/** The form of a search target, and its errors: all at once. Pure; the rules are those of the server. */
import type { NewSearchTarget, OwnTarget } from "@/shared/api/types";
import { fieldsAt, type Checked, type FieldFaults } from "@/shared/forms/useCheckedForm";

export type SignIn = "none" | "password" | "api_key" | "aws";

export const SIGN_INS: { value: SignIn; word: string; help: string }[] = [
  { value: "password", word: "User and password", help: "A user of the search engine." },
  { value: "api_key", word: "Elasticsearch API key", help: "In its encoded form." },
  { value: "aws", word: "AWS Signature Version 4", help: "Amazon OpenSearch Service, with your credentials." },
  { value: "none", word: "None", help: "No authentication required." },
];

export interface TargetForm {
  name: string;
  url: string;
  signIn: SignIn;
  username: string;
  password: string;
  apiKey: string;
  awsRegion: string;
  credentials: string;
  caPem: string;
  indexPerRun: boolean;
  namespace: string;
  index: string;
  service: string;
  dashboardsUrl: string;
  opensearchDashboards: boolean;
}

type TargetField = Exclude<keyof TargetForm, "signIn" | "indexPerRun" | "opensearchDashboards">;

/** Its secret is not included: the server never returns one. */
export function targetForm(target: OwnTarget | null): TargetForm {
  const settings = target?.settings;
  return {
    name: target?.name ?? "",
    url: settings?.url ?? "",
    signIn: target === null ? "password" : signInOf(target),
    username: target?.username ?? "",
    password: "",
    apiKey: "",
    awsRegion: target?.aws_region ?? "",
    credentials: target?.credentials?.id ?? "",
    caPem: settings?.ca_pem ?? "",
    indexPerRun: settings?.layout === "index_per_run",
    namespace: settings?.namespace ?? "",
    index: settings?.index ?? "",
    service: settings?.service ?? "",
    dashboardsUrl: settings?.dashboards_url ?? "",
    opensearchDashboards: settings?.dashboards_kind === "opensearch_dashboards",
  };
}

export function signInOf(target: OwnTarget): SignIn {
  if (target.credentials !== null) return "aws";
  if (target.username !== null) return "password";
  return target.has_secret ? "api_key" : "none";
}

/** `labels` are kept unchanged: the form does not show them. */
export function checkTarget(form: TargetForm, labels: Record<string, string>): Checked<TargetForm, NewSearchTarget> {
  const faults: FieldFaults<TargetForm> = {};
  const value = (field: TargetField) => form[field].trim();
  const given = (field: TargetField) => (value(field) === "" ? null : value(field));
  const required = (field: TargetField, what: string) => {
    if (form[field].trim() === "") faults[field] = `${what} is required.`;
  };
  if (!/^[a-z0-9-]{1,40}$/.test(value("name"))) faults.name = "Must be 1 to 40 lower-case letters, digits or hyphens.";
  if (!/^https?:\/\/[^\s@]+$/.test(value("url"))) faults.url = "Invalid address. Expected https:// and a host.";
  if (form.signIn === "password") {
    required("username", "User name");
    required("password", "Password");
  }
  if (form.signIn === "api_key") required("apiKey", "API key");
  if (form.signIn === "aws") {
    required("credentials", "A set of credentials");
    required("awsRegion", "Region");
  }
  if (value("caPem") !== "" && !value("caPem").includes("BEGIN CERTIFICATE")) faults.caPem = "Not a certificate. It starts with -----BEGIN CERTIFICATE-----.";
  const when = <T>(signIn: SignIn, given: T) => (form.signIn === signIn ? given : null);
  const request: NewSearchTarget = {
    name: value("name"),
    username: when("password", given("username")),
    password: when("password", form.password),
    api_key: when("api_key", given("apiKey")),
    aws_region: when("aws", given("awsRegion")),
    credentials: when("aws", given("credentials")),
    settings: {
      url: value("url"),
      ca_pem: value("caPem") === "" ? null : `${value("caPem")}\n`,
      layout: form.indexPerRun ? "index_per_run" : "data_stream",
      namespace: given("namespace"),
      index: given("index"),
      labels,
      service: given("service"),
      dashboards_url: given("dashboardsUrl"),
      dashboards_kind: form.opensearchDashboards ? "opensearch_dashboards" : "kibana",
    },
  };
  return { faults, request: Object.keys(faults).length > 0 ? null : request };
}

/** The fields that the server's errors are about. */
export const targetFieldOf = fieldsAt<TargetForm>({
  "/name": "name",
  "/settings/url": "url",
  "/username": "username",
  "/password": "password",
  "/api_key": "apiKey",
  "/aws_region": "awsRegion",
  "/credentials": "credentials",
  "/settings/ca_pem": "caPem",
  "/settings/namespace": "namespace",
  "/settings/index": "index",
  "/settings/service": "service",
  "/settings/dashboards_url": "dashboardsUrl",
});
