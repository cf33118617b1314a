/** JSON from a zlib stream (RFC 1950), the format of live messages. */
export async function unpacked<T>(packed: ArrayBuffer): Promise<T> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(new Uint8Array(packed)).then(() => writer.close());
  const [answer] = await Promise.all([new Response(stream.readable).json() as Promise<T>, written]);
  return answer;
}
