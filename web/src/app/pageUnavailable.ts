/** The code of a page, which is fetched when it is first opened, could not be loaded: the server is unreachable, or was updated meanwhile. */
export class PageUnavailable extends Error {
  constructor(cause: unknown) {
    super("The server does not answer. The page is loaded when the connection is back.", { cause });
    this.name = "PageUnavailable";
  }
}
