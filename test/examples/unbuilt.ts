import { jobsOf, readFile, type Workflow } from './documents.ts'

type Given = Readonly<Record<string, string>>

/**
 * What is declared in action.yml and cannot be done yet: `run/perform.ts` refuses it in these words.
 * Tests of workflows that use it wait for it, and begin to run by themselves once it is there.
 */
const UNBUILT = findUnbuilt(readFile('src/run/perform.ts'))

function findUnbuilt(source: string): { name: string; isUsed: (given: Given) => boolean }[] {
  const says = (what: string) => source.includes(`'${what} cannot be done yet'`)
  return [
    { name: 'dry-run', isUsed: (given: Given) => 'dry-run' in given, isIt: says('dry-run') },
    { name: 'replace', isUsed: (given: Given) => 'replace' in given, isIt: says('replace') },
    {
      name: 'a stop by group',
      isUsed: ({ operation, group }: Given) => operation === 'stop' && group !== undefined,
      isIt: says('a stop by group'),
    },
    // The deploy of an image and the operation rest on the same part.
    {
      name: 'image',
      isUsed: (given: Given) => 'image' in given,
      isIt: says('operation: version'),
    },
  ].filter(({ isIt }) => isIt)
}

/** What a workflow uses and cannot be done yet. */
export function unbuiltFor(workflow: Workflow): string[] {
  const steps = jobsOf(workflow).flatMap((job) => job.steps)
  return [...new Set(steps.flatMap(({ inputs }) => namesOfUnbuilt(inputs)))]
}

/** The same of a script that gives inputs as variables of the environment. */
export function unbuiltIn(script: string): string[] {
  const given = [...script.matchAll(/\bINPUT_([A-Z-]+)=(\w*)/g)].map(
    ([, name = '', value = '']) => [name.toLowerCase(), value] as const,
  )
  return namesOfUnbuilt(Object.fromEntries(given))
}

function namesOfUnbuilt(given: Given): string[] {
  return UNBUILT.filter(({ isUsed }) => isUsed(given)).map(({ name }) => name)
}
