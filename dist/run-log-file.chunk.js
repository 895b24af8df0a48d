"use strict";exports.id=991,exports.ids=[991],exports.modules={6372:((m,f,s)=>{s.d(f,{writeLogFile:()=>h});var o=s(1455),L=s.n(o),w=s(6760),M=s.n(w);const c=500,l="[This log is not whole: it was longer than 32 MB, of which this is the end, or its transfer broke off.]",E=100;async function h(t,a,r,i){const e=(0,w.join)(t,`${O(a)}.log`),n=`${e}.part`;await(0,o.mkdir)(t,{recursive:!0}),await(0,o.rm)(n,{force:!0});try{await u(n,r,i),await(0,o.rename)(n,e)}catch(_){throw await(0,o.rm)(n,{force:!0}),_}return e}async function u(t,a,r){const i=await(0,o.open)(t,"wx",420);try{await d(i,a,r)}finally{await i.close()}}async function d(t,{lines:a,isCut:r,crash:i},e){r&&await t.write(`${l}
`);for(let n=0;n<a.length;n+=c){const _=a.slice(n,n+c).join(`
`);await t.write(`${e(_)}
`)}i&&await t.write(`[Process: ${e(i)}]
`)}function O(t){return t.replace(/[^A-Za-z0-9_-]/g,"_").slice(0,E)||"_"}})};
