import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { useSession } from "@/shared/session/useSession";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { useSignOut } from "./useSignOut";

const api = testApi();

function Page({ leave }: { leave: (url: string) => void }) {
  const { data: session } = useSession();
  const signOut = useSignOut(leave);
  return session == null ? (
    <p>Nobody is signed in</p>
  ) : (
    <button type="button" onClick={() => signOut.mutate()}>
      Sign out {session.user.name}
    </button>
  );
}

it.each([
  [null, []],
  ["https://sso.example/logout", ["https://sso.example/logout"]],
])("tells the open page at once, keeps nothing that was seen, and leaves for %j", async (url, left) => {
  api.answer("DELETE /session", { status: 204 });
  const gone: string[] = [];
  localStorage.setItem("jac.page", "s3cret");
  const client = renderFor(sessionOf("member", { sign_out_url: url }), <Page leave={(to) => gone.push(to)} />);
  client.setQueryData(["runs", "r-1"], { id: "r-1" });
  await userEvent.click(screen.getByRole("button"));
  await screen.findByText("Nobody is signed in");
  await waitFor(() => expect(client.getQueryData(["runs", "r-1"])).toBeUndefined());
  expect(localStorage.getItem("jac.page")).toBeNull();
  expect(gone).toEqual(left);
});
