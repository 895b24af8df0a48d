/** Shorter values are not hidden: hiding `1` or `on` would star out half of the log and tell more. */
export const SHORTEST_HIDDEN = 4

/** Replaces secrets in texts on their way out, beside the masks that the runner applies. */
export class Redactor {
  #secrets: string[] = []

  /** @returns the forms in which the secret may appear, for the runner's own masking */
  add(secret: string): string[] {
    const whole = secret.trim()
    const forms = [whole, ...whole.split(/\r\n|\n|\r/).map((line) => line.trim())]
      .flatMap((form) => [form, encodeURIComponent(form.toWellFormed())])
      .filter((form) => form.length >= SHORTEST_HIDDEN)
    const fresh = [...new Set(forms)].filter((form) => !this.#secrets.includes(form))
    // The longest first, so that no part of a secret is left beside a shorter one.
    this.#secrets = [...this.#secrets, ...fresh].sort((a, b) => b.length - a.length)
    return fresh
  }

  clean(text: string): string {
    let cleaned = text
    for (const secret of this.#secrets) cleaned = cleaned.replaceAll(secret, '***')
    return cleaned
  }
}
