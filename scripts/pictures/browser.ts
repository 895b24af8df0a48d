import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Picture {
  html: string
  png: string
}

const START_MS = 30_000
const DRAW_MS = 20_000
/** Sharp on the screens of today. */
const SCALE = 1.5
const WIDTH = 900
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/**
 * Takes a picture of the element `#shot` of each page, once its charts are drawn.
 *
 * @throws Error when there is no browser, or when a chart of a page cannot be drawn
 */
export async function photograph(pictures: readonly Picture[]): Promise<void> {
  const chromium = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path))
  if (chromium === undefined) throw new Error('No Chromium found: set CHROMIUM to its path.')
  const profile = mkdtempSync(join(tmpdir(), 'pictures-'))
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars']
  const child = spawn(chromium, [
    ...flags,
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ])
  try {
    const browser = await Browser.connect(await addressOf(child))
    for (const picture of pictures) await browser.take(picture)
    browser.close()
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`Chromium does not start: ${said}`)), START_MS)
    child.once('error', reject)
    child.stderr?.on('data', (chunk) => {
      said += chunk
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
      if (address === undefined) return
      clearTimeout(timer)
      resolve(address)
    })
  })
}

type Reply = Readonly<Record<string, unknown>>

/** The few commands of Chromium's debugging protocol that a picture takes. */
class Browser {
  readonly #socket: WebSocket
  readonly #pending = new Map<number, (reply: Reply) => void>()
  #session: string | undefined
  #count = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data))
      this.#pending.get(message.id)?.(message.error ? { error: message.error } : message.result)
      this.#pending.delete(message.id)
    })
  }

  static async connect(address: string): Promise<Browser> {
    const socket = new WebSocket(address)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('No connection to Chromium.')))
    })
    const browser = new Browser(socket)
    const { targetId } = await browser.#call('Target.createTarget', { url: 'about:blank' })
    const attached = await browser.#call('Target.attachToTarget', { targetId, flatten: true })
    browser.#session = String(attached.sessionId)
    return browser
  }

  async take({ html, png }: Picture): Promise<void> {
    await this.#resize(800)
    await this.#call('Page.navigate', { url: pathToFileURL(html).href })
    const drawn = await this.#evaluate(
      `new Promise((done) => { const end = Date.now() + ${DRAW_MS}; const check = () => window.drawn || Date.now() > end ? done(window.drawn ?? 'not in time') : setTimeout(check, 20); check() })`,
    )
    if (drawn !== true) throw new Error(`${html}: ${drawn}`)
    const height = Number(
      await this.#evaluate(
        `Math.ceil(document.querySelector('#shot').getBoundingClientRect().height)`,
      ),
    )
    await this.#resize(height)
    const { data } = await this.#call('Page.captureScreenshot', { format: 'png' })
    writeFileSync(png, Buffer.from(String(data), 'base64'))
  }

  close(): void {
    this.#socket.close()
  }

  async #resize(height: number): Promise<void> {
    await this.#call('Emulation.setDeviceMetricsOverride', {
      width: WIDTH,
      height,
      deviceScaleFactor: SCALE,
      mobile: false,
    })
  }

  async #evaluate(expression: string): Promise<unknown> {
    const options = { expression, awaitPromise: true, returnByValue: true }
    const { result } = await this.#call('Runtime.evaluate', options)
    return (result as { value?: unknown } | undefined)?.value
  }

  async #call(method: string, params: Reply): Promise<Reply> {
    const id = ++this.#count
    const reply = await new Promise<Reply>((resolve) => {
      this.#pending.set(id, resolve)
      const sessionId = this.#session
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }))
    })
    if (reply.error) throw new Error(`${method}: ${JSON.stringify(reply.error)}`)
    return reply
  }
}
