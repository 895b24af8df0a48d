/**
 * As much of the Cap'n Proto encoding as one control stream needs: messages of a single segment.
 * A message is words of eight bytes; a pointer is one word that says how far away its target is.
 */

const WORD_BYTES = 8

/** What a pointer can lead to. */
export type Node =
  | { kind: 'struct'; data: Buffer; pointers: (Node | undefined)[] }
  | { kind: 'bytes'; bytes: Buffer }
  | { kind: 'structs'; items: { data: Buffer; pointers: (Node | undefined)[] }[] }
  | { kind: 'capability'; index: number }

export function struct(data: Buffer, ...pointers: (Node | undefined)[]): Node {
  return { kind: 'struct', data, pointers }
}

/** A text is its bytes and a zero. */
export function text(value: string): Node {
  return { kind: 'bytes', bytes: Buffer.from(`${value}\0`) }
}

export function words(count: number): Buffer {
  return Buffer.alloc(count * WORD_BYTES)
}

/** A framed message: segment count minus one, size in words, then the segment. */
export function encodeMessage(root: Node): Buffer {
  const segment: Buffer[] = [words(1)]
  writePointer(segment, 0, root)
  const header = words(1)
  header.writeUInt32LE(segment.length, 4)
  return Buffer.concat([header, ...segment])
}

function writePointer(segment: Buffer[], at: number, node: Node | undefined): void {
  if (node === undefined) return
  const offset = segment.length - at - 1
  const pointer = words(1)
  segment[at] = pointer
  if (node.kind === 'capability') {
    pointer.writeUInt32LE(3, 0)
    pointer.writeUInt32LE(node.index, 4)
    return
  }
  if (node.kind === 'bytes') {
    pointer.writeInt32LE((offset << 2) | 1, 0)
    pointer.writeUInt32LE((node.bytes.length << 3) | 2, 4)
    pushWords(segment, node.bytes)
    return
  }
  if (node.kind === 'struct') {
    pointer.writeInt32LE(offset << 2, 0)
    writeSizes(pointer, node)
    writeStructs(segment, [node])
    return
  }
  const first = node.items[0]
  if (first === undefined) throw new Error('an empty list of structs is not needed here')
  const itemWords = first.data.length / WORD_BYTES + first.pointers.length
  pointer.writeInt32LE((offset << 2) | 1, 0)
  pointer.writeUInt32LE(((node.items.length * itemWords) << 3) | 7, 4)
  const tag = words(1)
  tag.writeUInt32LE(node.items.length << 2, 0)
  writeSizes(tag, first)
  segment.push(tag)
  writeStructs(segment, node.items)
}

type StructBody = { data: Buffer; pointers: (Node | undefined)[] }

function writeSizes(pointer: Buffer, body: StructBody): void {
  pointer.writeUInt16LE(body.data.length / WORD_BYTES, 4)
  pointer.writeUInt16LE(body.pointers.length, 6)
}

/** All bodies first and what they point to after them: items of a list have to be neighbours. */
function writeStructs(segment: Buffer[], bodies: StructBody[]): void {
  const pending: [number, Node | undefined][] = []
  for (const body of bodies) {
    pushWords(segment, body.data)
    for (const pointer of body.pointers) {
      pending.push([segment.length, pointer])
      segment.push(words(1))
    }
  }
  for (const [at, node] of pending) writePointer(segment, at, node)
}

function pushWords(segment: Buffer[], bytes: Buffer): void {
  for (let start = 0; start < bytes.length; start += WORD_BYTES) {
    const word = words(1)
    bytes.copy(word, 0, start, start + WORD_BYTES)
    segment.push(word)
  }
}

/** A struct inside a received segment. Absent data reads as zero, as the format demands. */
export class StructReader {
  private readonly segment: Buffer
  private readonly start: number
  private readonly dataBytes: number
  private readonly pointerCount: number

  constructor(segment: Buffer, pointerAt: number) {
    this.segment = segment
    this.start = pointerAt + WORD_BYTES + (segment.readInt32LE(pointerAt) >> 2) * WORD_BYTES
    this.dataBytes = segment.readUInt16LE(pointerAt + 4) * WORD_BYTES
    this.pointerCount = segment.readUInt16LE(pointerAt + 6)
  }

  uint16(offset: number): number {
    return offset + 2 > this.dataBytes ? 0 : this.segment.readUInt16LE(this.start + offset)
  }

  uint32(offset: number): number {
    return offset + 4 > this.dataBytes ? 0 : this.segment.readUInt32LE(this.start + offset)
  }

  struct(index: number): StructReader | undefined {
    const at = this.pointerAt(index)
    return at === undefined ? undefined : new StructReader(this.segment, at)
  }

  bytes(index: number): Buffer {
    const at = this.pointerAt(index)
    if (at === undefined) return Buffer.alloc(0)
    const start = at + WORD_BYTES + (this.segment.readInt32LE(at) >> 2) * WORD_BYTES
    return this.segment.subarray(start, start + (this.segment.readUInt32LE(at + 4) >>> 3))
  }

  /** Without the zero at the end. */
  text(index: number): string {
    return this.bytes(index).toString('utf8').replace(/\0$/, '')
  }

  private pointerAt(index: number): number | undefined {
    if (index >= this.pointerCount) return undefined
    const at = this.start + this.dataBytes + index * WORD_BYTES
    return this.segment.readBigUInt64LE(at) === 0n ? undefined : at
  }
}

/** Cuts a byte stream into messages. Throws on a message of several segments. */
export function messageSplitter(onMessage: (root: StructReader) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0)
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= WORD_BYTES) {
      if (pending.readUInt32LE(0) !== 0) throw new Error('a message of several segments')
      const end = WORD_BYTES + pending.readUInt32LE(4) * WORD_BYTES
      if (pending.length < end) return
      const segment = pending.subarray(WORD_BYTES, end)
      pending = pending.subarray(end)
      onMessage(new StructReader(segment, 0))
    }
  }
}
