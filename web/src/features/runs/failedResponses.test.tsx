import { expect, it } from "vitest";
import { failedResponses } from "./failedResponses";

const SAMPLE = `<httpSample t="5" lb="pay &amp; go" rc="500" rm="Server Error" s="false">
  <assertionResult><name>is paid</name><failure>true</failure><error>false</error><failureMessage>expected paid</failureMessage></assertionResult>
  <assertionResult><name>is fast</name><failure>false</failure><error>false</error></assertionResult>
  <responseHeader class="java.lang.String">HTTP/1.1 500 Server Error</responseHeader>
  <requestHeader class="java.lang.String">Connection: keep-alive</requestHeader>
  <responseData class="java.lang.String">{&quot;error&quot;: &quot;no stock&quot;}</responseData>
  <method class="java.lang.String">POST</method>
  <queryString class="java.lang.String">id=1</queryString>
  <java.net.URL>http://shop.test/pay</java.net.URL>
</httpSample>`;

it("reads request and response of each failed sample", () => {
  const [failure] = failedResponses(`<?xml version="1.0"?><testResults version="1.2">${SAMPLE}<sample lb="script" rc="" rm="boom"><samplerData>x</samplerData></sample></testResults>\n`) ?? [];
  expect(failure).toEqual({
    label: "pay & go",
    code: "500",
    message: "Server Error",
    assertions: ["is paid: expected paid"],
    request: "POST http://shop.test/pay\n\nConnection: keep-alive\n\nid=1",
    responseHeaders: "HTTP/1.1 500 Server Error",
    body: '{"error": "no stock"}',
  });
});

it("reads the complete samples of a truncated file, and nothing of an invalid file", () => {
  expect(failedResponses(`<testResults version="1.2">${SAMPLE}${SAMPLE}<httpSample lb="cut"`)).toHaveLength(2);
  expect(failedResponses("<testResults version='1.2'>")).toEqual([]);
  expect(failedResponses("no XML")).toBeNull();
});

it("reads responses with characters that are invalid in XML", () => {
  const odd = SAMPLE.replace("no stock", "&#x1b;[31m&#0;&#x41;&#10;\u0007\u{1F600}");
  const failures = failedResponses(`<testResults version="1.2">${odd}${SAMPLE}</testResults>`);
  expect(failures?.map(({ body }) => body)).toEqual(['{"error": "\uFFFD[31m\uFFFDA\n\uFFFD\u{1F600}"}', '{"error": "no stock"}']);
});
