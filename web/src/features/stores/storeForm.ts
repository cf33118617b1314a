/** The form of a store for results, and its errors: all at once. Pure; the rules are those of the server. */
import type { NewResultsStore, ResultsStore } from "@/shared/api/types";
import { fieldsAt, type Checked, type FieldFaults } from "@/shared/forms/useCheckedForm";

export interface StoreForm {
  address: string;
  credentials: string;
  region: string;
  endpoint: string;
  kmsKey: string;
  storageClass: string;
}

/** The form of an existing store, or of a new one with the only set of credentials preselected. */
export function storeForm(store: ResultsStore | null, sets: { id: string }[]): StoreForm {
  return {
    address: store?.address ?? "",
    credentials: store?.credentials.id ?? (sets.length === 1 ? (sets[0]?.id ?? "") : ""),
    region: store?.region ?? "",
    endpoint: store?.endpoint ?? "",
    kmsKey: store?.kms_key ?? "",
    storageClass: store?.storage_class ?? "",
  };
}

export function checkStore(form: StoreForm): Checked<StoreForm, NewResultsStore> {
  const faults: FieldFaults<StoreForm> = {};
  const value = (field: keyof StoreForm) => form[field].trim();
  const given = (field: keyof StoreForm) => (value(field) === "" ? null : value(field));
  if (value("address") === "") faults.address = "Address is required.";
  else if (!/^s3:\/\/[a-z0-9.-]{3,63}(\/|$)/.test(value("address"))) faults.address = "Invalid address. Expected s3://BUCKET/PREFIX.";
  if (value("credentials") === "") faults.credentials = "Credentials are required.";
  if (value("region") !== "" && !/^[a-z0-9-]{1,64}$/.test(value("region"))) faults.region = "Invalid region. Expected e.g. eu-central-1.";
  if (value("endpoint") !== "" && !/^https?:\/\/[^\s@]+$/.test(value("endpoint"))) faults.endpoint = "Invalid endpoint. Expected https:// and a host.";
  if (value("storageClass") !== "" && !/^[A-Z0-9_]{1,64}$/.test(value("storageClass"))) faults.storageClass = "Invalid storage class. Expected e.g. STANDARD_IA.";
  const request = {
    address: value("address"),
    credentials: value("credentials"),
    region: given("region"),
    endpoint: given("endpoint"),
    kms_key: given("kmsKey"),
    storage_class: given("storageClass"),
  };
  return { faults, request: Object.keys(faults).length > 0 ? null : request };
}

/** The fields that the server's errors are about. */
export const storeFieldOf = fieldsAt<StoreForm>({
  "/address": "address",
  "/credentials": "credentials",
  "/region": "region",
  "/endpoint": "endpoint",
  "/kms_key": "kmsKey",
  "/storage_class": "storageClass",
});
