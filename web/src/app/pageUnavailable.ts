/** The code of a page, which is fetched when it is first opened, did not come: the server is away, or has another version by now. */
export class PageUnavailable extends Error {
  constructor(cause: unknown) {
    super("The server does not answer. The page is loaded when the connection is back.", { cause });
    this.name = "PageUnavailable";
  }
}
