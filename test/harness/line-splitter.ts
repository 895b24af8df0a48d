/**
 * Cuts a byte stream into lines as .NET's stream reader does: LF, CR LF and a bare CR each end a
 * line. A character cut by a chunk border is put together again.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  readonly #onLine: (line: string) => void
  #rest = ''
  #lastWasCr = false
  #text = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** Everything decoded so far, line ends included. */
  get text(): string {
    return this.#text
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }))
  }

  /** Gives what is left as a last line, as the runner does at the end of the stream. */
  end(): void {
    this.#take(this.#decoder.decode())
    if (this.#rest !== '') this.#onLine(this.#rest)
    this.#rest = ''
  }

  #take(decoded: string): void {
    if (decoded === '') return
    this.#text += decoded
    // The CR that ended the chunk before already ended its line.
    const text = this.#lastWasCr && decoded.startsWith('\n') ? decoded.slice(1) : decoded
    this.#lastWasCr = decoded.endsWith('\r')
    const lines = (this.#rest + text).split(/\r\n|\r|\n/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line)
  }
}
