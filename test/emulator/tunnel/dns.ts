import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import {
  type Answer,
  addressBytes,
  nameBytes,
  RECORD_TYPES,
  type RecordType,
  type ResourceRecord,
  readQuestion,
  soaBytes,
  writeAnswer,
} from './dns-message.ts'
import { listen, shut, trackSockets } from './loopback-server.ts'

const NEGATIVE_TTL_SECONDS = 1800

export interface DnsOptions {
  /** The zone that the server answers for. Default `trycloudflare.com`. */
  zone?: string
  /** Default: a free port. Port 53 needs root. */
  port?: number
  host?: string
  /** Behaves as a resolver that keeps "no such name" for good, as real ones do for half an hour. */
  rememberNegatives?: boolean
}

export interface DnsQuery {
  name: string
  /** The number is kept for the types that the server does not know. */
  type: RecordType | number
  transport: 'udp' | 'tcp'
  /** True where the reply was "no such name". */
  missing: boolean
}

export interface Dns {
  readonly host: string
  readonly port: number
  /** For `resolver.setServers([dns.address])`. */
  readonly address: string
  readonly queries: DnsQuery[]
  /** Replaces the records of one name and type; an empty list removes them. */
  set(name: string, type: 'A' | 'AAAA' | 'NS' | 'CNAME', values: string[]): void
  /** Makes a name exist, now or after a while, as a provider does with a fresh hostname. */
  publish(name: string, address: string, options?: { afterMs?: number }): void
  unpublish(name: string): void
  /** `silent`: port 53 is blocked, nothing comes back. `failing`: the server answers SERVFAIL. */
  mode(mode: 'answering' | 'silent' | 'failing'): void
  close(): Promise<void>
}

/** A small authoritative server on loopback, on UDP and TCP. */
export async function startDns(options: DnsOptions = {}): Promise<Dns> {
  const zone = (options.zone ?? 'trycloudflare.com').toLowerCase()
  const host = options.host ?? '127.0.0.1'
  const records = new Map<string, ResourceRecord[]>()
  const rememberedMissing = new Set<string>()
  const queries: DnsQuery[] = []
  const timers = new Set<NodeJS.Timeout>()
  let mode: Parameters<Dns['mode']>[0] = 'answering'

  const answerFor = (name: string, typeNumber: number): Answer => {
    if (mode === 'failing') return { code: 2, answers: [], authority: [] }
    if (name !== zone && !name.endsWith(`.${zone}`) && !records.has(name)) {
      return { code: 5, answers: [], authority: [] }
    }
    const known = rememberedMissing.has(name) ? undefined : records.get(name)
    const exists = known !== undefined || name === zone
    if (!exists && options.rememberNegatives) rememberedMissing.add(name)
    const answers = (known ?? []).filter(
      ({ type }) => RECORD_TYPES[type] === typeNumber || type === 'CNAME',
    )
    const soa: ResourceRecord = {
      name: zone,
      type: 'SOA',
      ttlSeconds: NEGATIVE_TTL_SECONDS,
      value: soaBytes(`ns1.${zone}`, NEGATIVE_TTL_SECONDS),
    }
    return { code: exists ? 0 : 3, answers, authority: answers.length > 0 ? [] : [soa] }
  }
  const reply = (message: Buffer, transport: DnsQuery['transport']): Buffer | undefined => {
    const question = readQuestion(message)
    if (question === undefined) return undefined
    const answer = answerFor(question.name, question.typeNumber)
    const { name, typeNumber } = question
    queries.push({ name, type: typeName(typeNumber), transport, missing: answer.code === 3 })
    return mode === 'silent' ? undefined : writeAnswer(question, answer)
  }

  const tcp = createServer((socket) => answerStream(socket, (message) => reply(message, 'tcp')))
  const sockets = trackSockets(tcp)
  const { udp, port } = await bindBoth(tcp, host, options.port)
  udp.on('message', (message, from) => {
    const bytes = reply(message, 'udp')
    if (bytes !== undefined) udp.send(bytes, from.port, from.address)
  })

  const set: Dns['set'] = (name, type, values) => {
    const key = name.toLowerCase()
    const bytesOf = type === 'A' || type === 'AAAA' ? addressBytes : nameBytes
    const others = (records.get(key) ?? []).filter((record) => record.type !== type)
    const added = values.map((value) => ({
      name: key,
      type,
      ttlSeconds: 60,
      value: bytesOf(value),
    }))
    const next = [...others, ...added]
    if (next.length > 0) records.set(key, next)
    else records.delete(key)
  }
  return {
    host,
    port,
    address: `${host}:${port}`,
    queries,
    set,
    publish(name, address, { afterMs = 0 } = {}) {
      const now = () => set(name, address.includes(':') ? 'AAAA' : 'A', [address])
      if (afterMs === 0) return now()
      const timer = setTimeout(() => {
        timers.delete(timer)
        now()
      }, afterMs)
      timers.add(timer)
    },
    unpublish: (name) => void records.delete(name.toLowerCase()),
    mode: (next) => {
      mode = next
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer)
      udp.close()
      await Promise.all([once(udp, 'close'), shut(tcp, sockets)])
    },
  }
}

function typeName(typeNumber: number): RecordType | number {
  const names = Object.keys(RECORD_TYPES) as RecordType[]
  return names.find((name) => RECORD_TYPES[name] === typeNumber) ?? typeNumber
}

/** The same port for both transports; the system only promises a free one for each. */
async function bindBoth(
  tcp: ReturnType<typeof createServer>,
  host: string,
  wantedPort: number | undefined,
): Promise<{ udp: UdpSocket; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await listen(tcp, { host, port: wantedPort ?? 0 })
    const udp = createSocket('udp4')
    try {
      udp.bind(port, host)
      await once(udp, 'listening')
      return { udp, port }
    } catch (error) {
      udp.close()
      await shut(tcp)
      if (wantedPort !== undefined || attempt === 5) throw error
    }
  }
}

/** Over TCP each message has its length in front. */
function answerStream(socket: Socket, reply: (message: Buffer) => Buffer | undefined): void {
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0)
      const bytes = reply(pending.subarray(2, end))
      pending = pending.subarray(end)
      if (bytes === undefined) continue
      const length = Buffer.alloc(2)
      length.writeUInt16BE(bytes.length)
      socket.write(Buffer.concat([length, bytes]))
    }
  })
}
