import type { Delivery, Notification } from '../../base/delivery.ts'
import { decode } from '../../net/decode.ts'
import { type ImportRecord, isSameBuild } from './import-record.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Subscriptions } from './subscriptions.ts'
import { isSignedWith } from './token.ts'
import { readNotice } from './wire/webhook.ts'

const TOKEN_HEADER = 'x-rockit-subscriptions'
/** The documented body takes a fraction of this. */
const MAX_NOTICE_BYTES = 64 * 1024
const MAX_LOGGED_UNKNOWN = 5

/** What a delivery may be about. */
export interface Watched {
  /** Undefined while nothing was asked for. */
  readonly record: ImportRecord | undefined
  readonly id: string | undefined
  readonly mayReadTasks: boolean
}

/** Tells which deliveries are a reason for a status check. */
export class NotificationReader {
  readonly #settings: RockitEdgeSettings
  readonly #subscriptions: Subscriptions
  readonly #log: (line: string) => void
  readonly #unknown = new Set<string>()

  constructor(
    settings: RockitEdgeSettings,
    subscriptions: Subscriptions,
    log: (line: string) => void,
  ) {
    this.#settings = settings
    this.#subscriptions = subscriptions
    this.#log = log
  }

  /**
   * The signature shows who sent it, but does not cover the body: whoever sees one on its way can send
   * it again with another. So the body only says whom it is about, and causes a status check. What
   * else it says is kept only where tasks may not be read, and nothing else shows how a build ends.
   *
   * @param watched called once the signature is verified: until then more may be known
   */
  async read({ headers, body }: Delivery, watched: () => Watched): Promise<Notification> {
    const secrets = await this.#subscriptions.secrets()
    if (!(await isSignedWith(headers[TOKEN_HEADER] ?? '', secrets))) {
      return ignored('not signed by ROCKIT Edge')
    }
    if (body.length > MAX_NOTICE_BYTES) return ignored('too large')
    const { organization, application } = this.#settings
    const read = readNotice(decode(body), organization, application)
    if ('ignored' in read) {
      if (read.unknown) this.#logUnknown(read.unknown)
      return ignored(read.ignored)
    }
    const { record, id, mayReadTasks } = watched()
    if (!record) return ignored('from before the import')
    const { build } = read.notice
    if (build && record.build && !isSameBuild(build, record.build)) {
      return ignored('for another build')
    }
    if (!mayReadTasks) record.addNotice(read.notice)
    return { kind: 'notification', id }
  }

  #logUnknown(what: string): void {
    if (this.#unknown.has(what) || this.#unknown.size >= MAX_LOGGED_UNKNOWN) return
    this.#unknown.add(what)
    this.#log(`Webhook: "${what}" is nothing that this action knows; it is ignored.`)
  }
}

function ignored(why: string): Notification {
  return { kind: 'ignored', why }
}
