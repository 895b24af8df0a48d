"use strict";exports.id=991,exports.ids=[991],exports.modules={6372:((m,l,i)=>{i.d(l,{writeLogFile:()=>c});var n=i(1455),w=i.n(n),_=i(6760),M=i.n(_);const f=500,d="[This log is not whole: it was longer than 32 MB, of which this is the end, or its transfer broke off.]",E=100;async function c(o,a,s,r){const t=(0,_.join)(o,`${O(a)}.log`),e=`${t}.part`;await(0,n.mkdir)(o,{recursive:!0}),await(0,n.rm)(e,{force:!0});try{await(0,n.writeFile)(e,h(s,r),{flag:"wx",mode:420}),await(0,n.rename)(e,t)}catch(u){throw await(0,n.rm)(e,{force:!0}),u}return t}function*h({lines:o,isCut:a,crash:s},r){a&&(yield`${d}
`);for(let t=0;t<o.length;t+=f){const e=o.slice(t,t+f).join(`
`);yield`${r(e)}
`}s&&(yield`[Process: ${r(s)}]
`)}function O(o){return o.replace(/[^A-Za-z0-9_-]/g,"_").slice(0,E)||"_"}})};
