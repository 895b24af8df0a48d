/** Shorter values are not hidden: hiding `1` or `on` would star out half of the log and tell more. */
export const SHORTEST_HIDDEN = 4

/** Replaces secrets in texts on their way out, beside the masks that the runner applies. */
export class Redactor {
  readonly #secrets: string[] = []

  /** @returns the forms in which the secret may appear, for the runner's own masking */
  add(secret: string): string[] {
    const whole = secret.trim()
    const forms = [whole, ...whole.split(/\r\n|\n|\r/).map((line) => line.trim())]
      .flatMap((form) => [
        form,
        encodeURIComponent(form.toWellFormed()),
        JSON.stringify(form).slice(1, -1),
      ])
      .filter((form) => form.length >= SHORTEST_HIDDEN)
    const fresh = [...new Set(forms)].filter((form) => !this.#secrets.includes(form))
    this.#secrets.push(...fresh)
    return fresh
  }

  clean(text: string): string {
    let cleaned = ''
    let doneTo = 0
    for (const { from, to } of this.#find(text)) {
      cleaned += `${text.slice(doneTo, from)}***`
      doneTo = to
    }
    return cleaned + text.slice(doneTo)
  }

  /** Where secrets stand, those that overlap or touch as one: nothing is left of either. */
  #find(text: string): { from: number; to: number }[] {
    const places: { from: number; to: number }[] = []
    for (const secret of this.#secrets) {
      let last = { from: -1, to: -1 }
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
        if (at <= last.to) last.to = at + secret.length
        else {
          last = { from: at, to: at + secret.length }
          places.push(last)
        }
      }
    }
    places.sort((a, b) => a.from - b.from)
    const merged: { from: number; to: number }[] = []
    for (const place of places) {
      const last = merged.at(-1)
      if (last && place.from <= last.to) last.to = Math.max(last.to, place.to)
      else merged.push(place)
    }
    return merged
  }
}
