// tar-stream publishes this module but no types of it.
declare module 'tar-stream/headers.js' {
  import type { Headers } from 'tar-stream'

  const headers: {
    /** Null when the names need a pax header before. */
    encode(header: Headers): Buffer | null
    encodePax(header: { name?: string; linkname?: string | undefined }): Buffer
    /** Null for a block of zeros; throws when the checksum is wrong. */
    decode(block: Buffer, encoding: BufferEncoding, allowUnknownFormat: boolean): Headers | null
  }
  export default headers
}
