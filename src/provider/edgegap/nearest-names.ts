import { editDistance } from '../../settings/nearest.ts'

/** Longer texts are no names, and comparing them takes long. */
const LONGEST = 80

/** The names that look most like the text, best first; those that share nothing with it are left out. */
export function nearestNames(text: string, names: readonly string[], count: number): string[] {
  const sought = foldName(text).slice(0, LONGEST)
  const rated = [...new Set(names)].map((name) => ({ name, distance: rate(sought, name) }))
  return rated
    .filter(({ distance }) => distance <= Math.max(2, Math.ceil(sought.length / 2)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name)
}

/** Without case, accents and the difference between blanks, hyphens and other marks. */
export function foldName(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .replace(/['’.]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** How far a name is from the text; a name of several words also by its best word. */
function rate(sought: string, name: string): number {
  const folded = foldName(name).slice(0, LONGEST)
  const whole = editDistance(sought, folded)
  // A word of the name is a little worse than the whole name.
  const words = folded.split(' ').map((word) => editDistance(sought, word) + 0.5)
  return Math.min(whole, ...words)
}
