import { Loaded } from "@/shared/ui/Loaded";
import { useAwsCredentials } from "../api/useAwsCredentials";
import { CredentialsForm } from "./CredentialsForm";
import { SavedCredentials } from "./SavedCredentials";

/** The one set of AWS credentials that clusters on EC2 are made with: what is saved, and the form that replaces it. */
export function AwsCredentials() {
  const query = useAwsCredentials();
  return (
    <Loaded query={query} what="Loading credentials…">
      {({ saved }) => (
        <div className="columns">
          <SavedCredentials saved={saved} />
          <CredentialsForm replaces={saved !== null} />
        </div>
      )}
    </Loaded>
  );
}
