import { basename } from 'node:path'
import { RUNNING_STATE } from './record.ts'

// Fails closed, as the action that is tried with it.
process.exitCode = 1

// One bundle serves all three files of `dist/`: the two entries of action.yml and the emulator itself.
switch (basename(process.argv[1] ?? '')) {
  case 'serve.js':
    void import('./serve.ts').then(({ serve }) => serve())
    break
  case 'post.js':
    if (process.env[`STATE_${RUNNING_STATE}`]) void import('./post.ts').then(({ post }) => post())
    else process.exitCode = 0
    break
  default:
    void import('./main.ts').then(({ main }) => main())
}
