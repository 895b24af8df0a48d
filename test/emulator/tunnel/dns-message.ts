export const RECORD_TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, AAAA: 28 } as const
export type RecordType = keyof typeof RECORD_TYPES

export interface Question {
  id: number
  /** Lower case, without the final dot. */
  name: string
  typeNumber: number
  /** The question as it came, to be echoed: a client may compare the case of the letters. */
  wire: Buffer
  recursionDesired: boolean
}

export interface ResourceRecord {
  name: string
  type: RecordType
  ttlSeconds: number
  value: Buffer
}

export interface Answer {
  /** 0 no error, 2 server failure, 3 no such name, 5 refused. */
  code: number
  answers: ResourceRecord[]
  authority: ResourceRecord[]
}

/** Reads the only question of a query; undefined for what is no query. */
export function readQuestion(message: Buffer): Question | undefined {
  if (message.length < 17 || message.readUInt16BE(4) < 1) return undefined
  const flags = message.readUInt16BE(2)
  if ((flags & 0x8000) !== 0) return undefined
  const labels: string[] = []
  let offset = 12
  for (;;) {
    const length = message[offset]
    if (length === undefined || length > 63) return undefined
    offset += 1
    if (length === 0) break
    labels.push(message.toString('latin1', offset, offset + length))
    offset += length
  }
  if (offset + 4 > message.length) return undefined
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    typeNumber: message.readUInt16BE(offset),
    wire: message.subarray(12, offset + 4),
    recursionDesired: (flags & 0x0100) !== 0,
  }
}

/** The reply of an authoritative server. */
export function writeAnswer(question: Question, answer: Answer): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(question.id, 0)
  header.writeUInt16BE(0x8400 | (question.recursionDesired ? 0x0100 : 0) | answer.code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(answer.answers.length, 6)
  header.writeUInt16BE(answer.authority.length, 8)
  const records = [...answer.answers, ...answer.authority].map(writeRecord)
  return Buffer.concat([header, question.wire, ...records])
}

/** A name as labels with their lengths, uncompressed. */
export function nameBytes(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  const parts = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]))
  return Buffer.concat([...parts, Buffer.from([0])])
}

/** An IPv4 address, or an IPv6 address as an expanded or `::` form. */
export function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const words = (text: string) =>
    (text === '' ? [] : text.split(':')).map((hex) => Number(`0x${hex}`))
  const front = words(head)
  const back = tail === undefined ? [] : words(tail)
  const zeros = new Array<number>(8 - front.length - back.length).fill(0)
  const bytes = Buffer.alloc(16)
  for (const [index, word] of [...front, ...zeros, ...back].entries()) {
    bytes.writeUInt16BE(word, index * 2)
  }
  return bytes
}

/** The record that tells resolvers how long they may remember that a name does not exist. */
export function soaBytes(primary: string, negativeTtlSeconds: number): Buffer {
  const numbers = Buffer.alloc(20)
  for (const [index, value] of [1, 10_000, 2400, 604_800, negativeTtlSeconds].entries()) {
    numbers.writeUInt32BE(value, index * 4)
  }
  return Buffer.concat([nameBytes(primary), nameBytes(`hostmaster.${primary}`), numbers])
}

function writeRecord(record: ResourceRecord): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(RECORD_TYPES[record.type], 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE(record.ttlSeconds, 4)
  fixed.writeUInt16BE(record.value.length, 8)
  return Buffer.concat([nameBytes(record.name), fixed, record.value])
}
