"use strict";exports.id=991,exports.ids=[991],exports.modules={6372:((m,d,s)=>{s.d(d,{writeLogFile:()=>u});var n=s(1455),g=s.n(n),_=s(6760),M=s.n(_);const f=500,l="[This log is not whole: it was longer than 32 MB, of which this is the end, or its transfer broke off.]",E=100;async function u(t,r,o,e){const i=(0,_.join)(t,`${O(r)}.log`),a=`${i}.part`;await c(t),await(0,n.rm)(a,{force:!0});try{await(0,n.writeFile)(a,w(o,e),{flag:"wx",mode:420}),await(0,n.rename)(a,i)}catch(h){throw await(0,n.rm)(a,{force:!0}),h}return i}async function c(t){if(await(0,n.stat)(t).catch(()=>{}))return;const o=(0,_.dirname)(t);o!==t&&await c(o),await(0,n.mkdir)(t).catch(e=>{if(e.code!=="EEXIST")throw e})}function*w({lines:t,isCut:r,crash:o},e){r&&(yield`${l}
`);for(let i=0;i<t.length;i+=f){const a=t.slice(i,i+f).join(`
`);yield`${e(a)}
`}o&&(yield`[Process: ${e(o)}]
`)}function O(t){return t.replace(/[^A-Za-z0-9_-]/g,"_").slice(0,E)||"_"}})};
