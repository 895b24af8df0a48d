import type { Delivery, Notification } from '../../base/delivery.ts'
import { decode } from '../../net/decode.ts'
import type { Importer } from './importer.ts'
import type { Reader } from './reader.ts'
import { isSameBuild } from './same-build.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Subscriptions } from './subscriptions.ts'
import { isSignedWith } from './token.ts'
import { readNotice } from './wire/webhook.ts'

const TOKEN_HEADER = 'x-rockit-subscriptions'
/** The documented body takes a fraction of this. */
const MAX_NOTICE_BYTES = 64 * 1024
const MAX_LOGGED_UNKNOWN = 5

export interface NotificationScene {
  readonly settings: RockitEdgeSettings
  readonly subscriptions: Subscriptions
  readonly importer: Importer
  readonly reader: Reader
  readonly log: (line: string) => void
}

/** Tells which deliveries are a reason for a status check. */
export class NotificationReader {
  readonly #scene: NotificationScene
  readonly #unknown = new Set<string>()

  constructor(scene: NotificationScene) {
    this.#scene = scene
  }

  /**
   * The signature shows who sent it, but does not cover the body: whoever sees one on its way can send
   * it again with another. So the body only says whom it is about, and causes a status check. What
   * else it says is kept only where tasks may not be read, and nothing else shows how a build ends.
   */
  async read({ headers, body }: Delivery): Promise<Notification> {
    const { settings, subscriptions, importer, reader } = this.#scene
    const secrets = await subscriptions.secrets()
    if (!(await isSignedWith(headers[TOKEN_HEADER] ?? '', secrets))) {
      return ignored('not signed by ROCKIT Edge')
    }
    if (body.length > MAX_NOTICE_BYTES) return ignored('too large')
    const { organization, application } = settings
    const read = readNotice(decode(body), organization, application)
    if ('ignored' in read) {
      if (read.unknown) this.#logUnknown(read.unknown)
      return ignored(read.ignored)
    }
    const { record, id } = importer
    if (!record) return ignored('from before the import')
    const { build } = read.notice
    if (build && record.build && !isSameBuild(build, record.build)) {
      return ignored('for another build')
    }
    if (!reader.mayReadTasks) record.addNotice(read.notice)
    return { kind: 'notification', id }
  }

  #logUnknown(what: string): void {
    if (this.#unknown.has(what) || this.#unknown.size >= MAX_LOGGED_UNKNOWN) return
    this.#unknown.add(what)
    this.#scene.log(`Webhook: "${what}" is not known to this action and is ignored.`)
  }
}

function ignored(why: string): Notification {
  return { kind: 'ignored', why }
}
