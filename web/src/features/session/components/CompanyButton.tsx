import { useCompanySignIn } from "../api/useCompanySignIn";
import { companyRefusal } from "../signInWords";
import { SignInFault } from "./SignInFault";

/** Where to continue after the provider's pages, which do not know JAC's paths. */
const NEXT = "jac.next";

export function takeNext(): string | null {
  const next = sessionStorage.getItem(NEXT);
  sessionStorage.removeItem(NEXT);
  return next;
}

interface Props {
  name: string;
  next: string;
  primary: boolean;
  leave?: (url: string) => void;
}

/** Redirects to the identity provider. */
export function CompanyButton({ name, next, primary, leave = (url) => window.location.assign(url) }: Props) {
  const company = useCompanySignIn();
  const go = () => {
    company.mutate(undefined, {
      onSuccess: ({ url }) => {
        sessionStorage.setItem(NEXT, next);
        leave(url);
      },
    });
  };
  return (
    <>
      <button type="button" className={`btn ${primary ? "btn-primary" : "btn-outline-secondary"} sign-in-button`} disabled={company.isPending || company.isSuccess} onClick={go}>
        {company.isPending || company.isSuccess ? `Opening ${name}…` : `Sign in with ${name}`}
      </button>
      {company.error !== null && <SignInFault error={company.error} words={companyRefusal(company.error, name)} onRetry={go} />}
    </>
  );
}
