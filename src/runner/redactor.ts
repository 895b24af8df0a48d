import type { SecretOrigin } from '../base/secret.ts'
import { unescapeAll } from './escapes.ts'
import { ManyTextsSearch, type Place } from './many-texts-search.ts'

/** Shorter values are not hidden: hiding `1` or `on` would star out half of the log and tell more. */
const SHORTEST_HIDDEN = 4
/** Settings beside real secrets. They say nothing and stand everywhere: outputs that hold them would be empty. */
const COMMON = new Set(
  'true false null none undefined latest localhost debug info warn warning error'.split(' '),
)
/** JSON within JSON is common in logs; more levels than this are not unwrapped. */
const ESCAPE_LEVELS = 2

/** False for values that are so short or so common that hiding them would harm more than help. */
export function canHide(value: string): boolean {
  const text = value.trim()
  return text.length >= SHORTEST_HIDDEN && !COMMON.has(text.toLowerCase())
}

interface Form {
  text: string
  origin: SecretOrigin | undefined
}

/** Replaces secrets in texts on their way out, beside the masks that the runner applies. */
export class Redactor {
  readonly #forms = new Map<string, Form>()
  /** Built when first needed, and anew after another secret was added. */
  #search: { forms: readonly Form[]; search: ManyTextsSearch } | undefined

  /**
   * Each line of a secret is one too. The runner is given no secret of several lines as it is: of that
   * it would hide every line however short, each `{` of a JSON text. So what else it would make of the
   * whole is given to it as well.
   *
   * @returns the forms in which the secret may appear, for the runner's own masking
   */
  add(secret: string, origin?: SecretOrigin): string[] {
    const whole = secret.trim()
    const lines = whole.split(/\r\n|\n|\r/)
    const plain = [whole, ...lines.map((line) => line.trim())].filter(canHide)
    const forRunner = plain.flatMap((form) => [
      form,
      encodeURIComponent(form.toWellFormed()),
      JSON.stringify(form).slice(1, -1),
    ])
    if (lines.length > 1 && canHide(whole)) forRunner.push(...inBase64(whole))
    const fresh = this.#remember(forRunner, origin)
    this.#remember(plain.flatMap(furtherForms), origin)
    return lines.length > 1 ? fresh.filter((form) => form !== whole) : fresh
  }

  /** The text with `***` in place of each secret, however it is escaped. */
  clean(text: string): string {
    return replaceAll(
      text,
      this.#find(text, () => true),
    )
  }

  /** The same for a fact that the provider publishes: what may be public stays. */
  cleanFact(text: string): string {
    return replaceAll(
      text,
      this.#find(text, ({ origin }) => !origin?.mayBePublic),
    )
  }

  /** The inputs whose secrets are in a text, each once; secrets without a known input are not among them. */
  inputsIn(text: string): string[] {
    const inputs = new Set<string>()
    this.#find(text, ({ origin }) => {
      if (origin) inputs.add(origin.input)
      return false
    })
    return [...inputs]
  }

  #remember(texts: readonly string[], origin: SecretOrigin | undefined): string[] {
    const fresh: string[] = []
    for (const text of texts) {
      if (text.length < SHORTEST_HIDDEN) continue
      const known = this.#forms.get(text)
      if (!known) fresh.push(text)
      else if (!isStricter(origin, known.origin)) continue
      this.#forms.set(text, { text, origin })
      this.#search = undefined
    }
    return fresh
  }

  /** Where secrets stand, those that overlap or touch as one: nothing is left of either. */
  #find(text: string, isMeant: (form: Form) => boolean): Place[] {
    if (this.#forms.size === 0) return []
    const { forms, search } = this.#searchForAll()
    return findMerged(search, text, (index) => {
      const form = forms[index]
      return form !== undefined && isMeant(form)
    })
  }

  #searchForAll() {
    if (!this.#search) {
      const forms = [...this.#forms.values()]
      this.#search = { forms, search: new ManyTextsSearch(forms.map(({ text }) => text)) }
    }
    return this.#search
  }
}

/** What is a credential as well is never public; of two inputs the first is named. */
function isStricter(origin: SecretOrigin | undefined, known: SecretOrigin | undefined): boolean {
  if (origin?.mayBePublic) return false
  return known === undefined ? origin !== undefined : known.mayBePublic === true
}

/** Places in a text and in what its escapes stand for. */
function findMerged(
  search: ManyTextsSearch,
  text: string,
  isMeant: (index: number) => boolean,
  levels = ESCAPE_LEVELS,
): Place[] {
  const places: Place[] = []
  search.find(text, (index, place) => {
    if (isMeant(index)) addPlace(places, place)
  })
  const plain = levels > 0 ? unescapeAll(text) : undefined
  if (!plain) return places
  const escaped = findMerged(search, plain.text, isMeant, levels - 1).map(plain.sourceOf)
  if (escaped.length === 0) return places
  const merged: Place[] = []
  for (const place of [...places, ...escaped].sort((a, b) => a.from - b.from)) {
    addPlace(merged, place)
  }
  return merged
}

/** Adds a place that begins nowhere before the others. */
function addPlace(places: Place[], place: Place): void {
  const last = places.at(-1)
  if (last && place.from <= last.to) last.to = Math.max(last.to, place.to)
  else places.push({ ...place })
}

function replaceAll(text: string, places: readonly Place[]): string {
  if (places.length === 0) return text
  const parts: string[] = []
  let doneTo = 0
  for (const { from, to } of places) {
    parts.push(text.slice(doneTo, from), '***')
    doneTo = to
  }
  return parts.join('') + text.slice(doneTo)
}

/** The runner finds these by itself once it knows the secret, but not hex; our outputs and summary need them. */
function furtherForms(secret: string): string[] {
  const encoded = inBase64(secret)
  return [
    ...unescapedForms(secret),
    // A form's body, whose other escapes are resolved before the search.
    secret.replaceAll(' ', '+'),
    // As a dump of bytes.
    ...inHex(secret),
    ...encoded,
    ...encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/**
 * A secret may hold what looks like an escape, such as `\\t` or `%41`. In a text in which something
 * else of it is escaped, that is resolved along with it.
 */
function unescapedForms(secret: string): string[] {
  const forms: string[] = []
  for (let plain = unescapeAll(secret); plain; plain = unescapeAll(plain.text)) {
    if (forms.push(plain.text) === ESCAPE_LEVELS) break
  }
  return forms
}

function inHex(secret: string): string[] {
  const hex = Buffer.from(secret).toString('hex')
  return [hex, hex.toUpperCase()]
}

/** As a part of something longer, wherever in it the secret begins. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].map((before) => base64Within(secret, before))
}

/**
 * The characters that a secret always has in base64 when so many bytes (modulo 3) stand before it:
 * those that no neighbour has a part in.
 */
function base64Within(secret: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
  const all = bytes.toString('base64').replace(/=+$/, '')
  const first = Math.ceil((before * 8) / 6)
  const isLastShared = bytes.length % 3 !== 0
  return all.slice(first, isLastShared ? -1 : undefined)
}
