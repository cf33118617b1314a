import { useState } from "react";
import { copyText } from "@/shared/export/clipboard";
import policy from "../awsPolicy.json?raw";

/** The AWS permissions that JAC needs, to copy into a policy; restricted to the region if one was entered. */
export function AwsPolicy({ region }: { region: string }) {
  const [said, setSaid] = useState("");
  const text = region === "" ? policy : policy.replaceAll("REGION", region);
  const copy = () => void copyText(text).then((done) => setSaid(done ? "Copied." : "Clipboard access denied."));
  return (
    <details className="aws-policy">
      <summary>IAM policy to copy</summary>
      <p className="field-help">Replace {region === "" ? "REGION and ACCOUNT" : "ACCOUNT"} with your own. JAC can change and terminate only what it has tagged itself.</p>
      {/* A scrollable element must be focusable. */}
      <pre tabIndex={0} role="region" aria-label="IAM policy">
        {text}
      </pre>
      <button type="button" className="btn btn-sm btn-outline-secondary" onClick={copy}>
        Copy the policy
      </button>{" "}
      <span role="status">{said}</span>
    </details>
  );
}
