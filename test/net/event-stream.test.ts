import { expect, test } from 'vitest'
import { EventParser } from '../../src/net/event-stream.ts'

const parse = (chunks: Iterable<Buffer>, maxChars = 1_000) => {
  const parser = new EventParser(maxChars)
  return [...chunks].flatMap((chunk) => [...parser.read(chunk)])
}

/** The examples of the standard's section on interpreting a stream, and what relays send. */
const STREAM =
  '\uFEFF: comment\n\n' +
  'data: first\ndata: second\n\n' +
  'event: add\r\ndata:no blank\r\n\r\n' +
  'id: 1\rretry: 5\rdata:  two blanks\r\r' +
  'data\n\n' +
  'data: ünïcode 🎮\ndata: a: b\n\n' +
  'event: lost without data\n\n' +
  'data: unfinished'
const EVENTS = [
  { name: 'message', data: 'first\nsecond' },
  { name: 'add', data: 'no blank' },
  { name: 'message', data: ' two blanks' },
  { name: 'message', data: '' },
  { name: 'message', data: 'ünïcode 🎮\na: b' },
]

test('events are read however the stream is cut', () => {
  const bytes = Buffer.from(STREAM)
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    )
    expect(parse(chunks)).toEqual(EVENTS)
  }
})

test('an event that is too long is left out, whatever makes it long, and the next one is read', () => {
  const long = 'x'.repeat(2_000)
  for (const event of [`data: ${long}\n`, 'data: 12345\n'.repeat(300), 'data\n'.repeat(2_000)]) {
    expect(parse([Buffer.from(`${event}\ndata: next\n\n`)])).toEqual([
      { name: 'message', data: 'next' },
    ])
    const dripped = [...Buffer.from(`${event}\ndata: next\n\n`)].map((byte) => Buffer.from([byte]))
    expect(parse(dripped)).toEqual([{ name: 'message', data: 'next' }])
  }
})
