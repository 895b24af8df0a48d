/** Bytes as people say them: `3.2 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

const LOG_EVERY_MS = 5_000

/** Logs how far an upload has come, at most every five seconds. */
export class UploadProgress {
  readonly #totalBytes: number
  readonly #log: (line: string) => void
  readonly #nowMs: () => number
  readonly #startedAtMs: number
  #logged: { atMs: number; bytes: number }

  constructor(totalBytes: number, log: (line: string) => void, nowMs: () => number) {
    this.#totalBytes = totalBytes
    this.#log = log
    this.#nowMs = nowMs
    this.#startedAtMs = nowMs()
    this.#logged = { atMs: this.#startedAtMs, bytes: 0 }
  }

  /** @param bytes handed over so far */
  sent(bytes: number): void {
    const atMs = this.#nowMs()
    if (atMs - this.#logged.atMs < LOG_EVERY_MS) return
    const percent = Math.floor((bytes / this.#totalBytes) * 100)
    const rate = perSecond(bytes - this.#logged.bytes, atMs - this.#logged.atMs)
    this.#log(`Uploading: ${percent} % of ${formatBytes(this.#totalBytes)} (${rate}).`)
    this.#logged = { atMs, bytes }
  }

  done(): void {
    const ms = this.#nowMs() - this.#startedAtMs
    const rate = perSecond(this.#totalBytes, ms)
    const seconds = (ms / 1000).toFixed(1)
    this.#log(`Uploaded ${formatBytes(this.#totalBytes)} in ${seconds} s (${rate}).`)
  }
}

function perSecond(bytes: number, ms: number): string {
  return `${formatBytes((bytes * 1000) / Math.max(1, ms))}/s`
}
