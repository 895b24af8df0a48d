const G=949,V=[949],z={3949:((U,k,d)=>{d.d(k,{sshTransport:()=>Y});var g=d(4031),$=d(3408),M=d(3024),E=d(1455),w=d(6760),l=d(1987),h=d(939);const P=[{line:/^Host key verification failed/,kind:"refused",say:({host:t})=>`the host key of ${t} is not among ssh-known-hosts`},{line:/^Load key .*: (.+)/,kind:"refused",say:(t,[,e])=>`ssh-key cannot be read (${e}); it must be whole, with its line breaks, and without passphrase`},{line:/Permission denied|Too many authentication failures/,kind:"refused",say:({user:t,host:e})=>`${e} does not let ${t} in with ssh-key (not an authorized key, or it has a passphrase)`},{line:/^Error: remote port forwarding failed for listen port (\d+)/,kind:"unavailable",say:({host:t},[,e])=>e==="0"?`${t} gives no port: check AllowTcpForwarding in its sshd_config, and permitlisten of the key (it rules out a port of the server's choice)`:`${t} does not give port ${e}: it is taken, or forbidden by AllowTcpForwarding in its sshd_config or permitlisten of the key`},{line:/^Unable to negotiate .*: (no matching .+ found)/,kind:"refused",say:({host:t},[,e])=>`ssh client and ${t} have nothing in common: ${e}`},{line:/^The proxy answers (\d+)/,kind:"refused",say:({host:t,port:e},[,s])=>`the proxy answers ${s} to a connection with ${t}:${e}`},{line:/^The proxy (?:fails|is not reached|does not answer).*/,kind:"service",say:({host:t,port:e},[s])=>`no connection with ${t}:${e}: ${s}`},{line:/Bad configuration option: (\S+)|^unknown option/,kind:"unavailable",say:(t,[,e])=>`the ssh client here is too old (${e??"unknown option"})`},{line:/^ssh: Could not resolve hostname/,kind:"service",say:({host:t})=>`the name ${t} leads nowhere from here`}];function T(t,e,s){for(const{line:o,kind:r,say:i}of P)for(const a of e){const c=o.exec(a);if(c)return new h.X(r,i(t,c))}if(s.reason.startsWith("E"))return new h.X("unavailable",`ssh could not be started (${s.reason})`);const n=(e.at(-1)??`ssh ended with ${s.reason}`).replace(/^ssh: |[.\s]+$/g,"");return new h.X("service",`no connection with ${t.host}: ${n}`)}function y(t){return t.some(e=>e.startsWith("Error: remote port forwarding failed"))}const u="DEPLOY_GAME_SERVER_PROXY",C=`
import * as http from 'node:http'
import * as https from 'node:https'

const [host, port] = process.argv.slice(2)
const target = (host.includes(':') ? '[' + host + ']' : host) + ':' + port
const given = process.env.${u}
const proxy = new URL(given.includes('://') ? given : 'http://' + given)
const end = (line) => {
  if (line) process.stderr.write(line + '\\n')
  process.exit(line ? 1 : 0)
}
const headers = { host: target }
if (proxy.username) {
  const user = [proxy.username, proxy.password].map(decodeURIComponent).join(':')
  headers['proxy-authorization'] = 'Basic ' + Buffer.from(user).toString('base64')
}
const { request } = proxy.protocol === 'https:' ? https : http
const connect = request({
  host: proxy.hostname.replace(/^\\[|\\]$/g, ''),
  port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
  method: 'CONNECT',
  path: target,
  headers,
  agent: false,
  timeout: 10000,
})
connect.on('error', (error) => end('The proxy is not reached: ' + (error.code || error.message)))
connect.on('timeout', () => end('The proxy does not answer'))
connect.on('response', (reply) => end('The proxy answers ' + reply.statusCode))
connect.on('connect', (reply, socket, head) => {
  const isOpen = reply.statusCode >= 200 && reply.statusCode < 300
  if (!isOpen) {
    const mayPass = reply.statusCode >= 500
    return end((mayPass ? 'The proxy fails: ' : 'The proxy answers ') + reply.statusCode)
  }
  socket.setTimeout(0)
  socket.setNoDelay(true)
  for (const stream of [socket, process.stdin, process.stdout]) stream.on('error', () => end())
  socket.on('close', () => end())
  process.stdin.on('end', () => end())
  if (head.length > 0) process.stdout.write(head)
  socket.pipe(process.stdout)
  process.stdin.pipe(socket)
})
connect.end()
`;function F(t,e=process.platform){return`${`${e==="win32"?`"${process.execPath.replaceAll("\\","/")}"`:`'${process.execPath.replaceAll("'","'\\''")}'`} ${t}`.replaceAll("%","%%")} %h %p`}const A="key",O="known_hosts",b="no_hosts",_="proxy.mjs";async function L(t,e,s){const n=H("ssh",t.environment);if(n===void 0)throw new h.X("unavailable","there is no ssh client on the PATH of this runner");const o=await t.privateFolder(),r=(c,f)=>(0,E.writeFile)((0,w.join)(o,c),f,{mode:384,flag:"wx"});await r(A,R(e.privateKey)),await r(O,R(e.knownHosts)),await r(b,""),process.platform==="win32"&&await D(t,o);const i=(0,l.ib)(t.environment,e.host,e.port);i!==void 0&&await r(_,C);const a=i===void 0?{}:X(t.environment,i);return c=>{const f=I(e,c,t.localPort,s,i!==void 0);let p=()=>{};const S=new Promise(v=>{p=v});c!==0&&p(c);const m=t.spawn(n,f,{cwd:o,environment:a,onLine:v=>{const[,x]=/^Allocated port (\d+) for remote forward/.exec(v)??[];x!==void 0&&p(Number(x))}});return{port:S,ended:N(m,e),stop:()=>m.stop()}}}function I(t,e,s,n,o){const r=["IdentitiesOnly=yes","BatchMode=yes","StrictHostKeyChecking=yes",`UserKnownHostsFile=${O}`,`GlobalKnownHostsFile=${b}`,"ExitOnForwardFailure=yes","ConnectTimeout=10",`ServerAliveInterval=${n.aliveIntervalSeconds}`,`ServerAliveCountMax=${n.aliveCount}`,...o?[`ProxyCommand=${F(_)}`]:[]];return["-F","none","-N","-T","-p",String(t.port),"-i",A,...r.flatMap(i=>["-o",i]),"-R",`127.0.0.1:${e}:127.0.0.1:${s}`,`${t.user}@${t.host}`]}async function N(t,e){const s=await t.ended,n=t.lastLines();return{failure:T(e,n,s),isPortDenied:y(n)}}function X(t,e){const{NODE_EXTRA_CA_CERTS:s}=t;return{[u]:e,...s!==void 0&&{NODE_EXTRA_CA_CERTS:s}}}function R(t){return`${t.replace(/\r\n?/g,`
`).trimEnd()}
`}async function D(t,e){const{SystemRoot:s="C:\\Windows",USERDOMAIN:n,USERNAME:o=""}=t.environment,r=n?`${n}\\${o}`:o,i=(0,w.join)(s,"System32","icacls.exe"),a=[A,"/inheritance:r","/grant:r",`${r}:F`];await t.spawn(i,a,{cwd:e}).ended}function H(t,e){const s=process.platform==="win32"?`${t}.exe`:t;return(e.PATH??e.Path??"").split(w.delimiter).filter(Boolean).map(o=>(0,w.resolve)(o,s)).find(K)}function K(t){try{return(0,M.accessSync)(t,M.constants.X_OK),!0}catch{return!1}}const B=2,W={aliveIntervalSeconds:15,aliveCount:3,standsAfterMs:12e3,retryPauseMs:1e3,restartPausesMs:[500,3e3,1e4],goodAfterMs:6e4,reverifyMs:2e4,latePingMs:15e3};function Y(t,e=W){return async s=>{const n=await L(s,t,e);await new j(s,t,e,n).run()}}class j{#e;#n;#s;#i;#t;#o=!1;constructor(e,s,n,o){this.#e=e,this.#n=s,this.#s=n,this.#i=o,this.#t=s.remotePort}async run(){const{signal:e,clock:s}=this.#e;this.#t!==0&&this.#e.onUrl(this.#r(this.#t));let n=0,o=0;for(;;){const r=await this.#c();if(r===void 0||e.aborted)return;if(this.#o)(r.verifiedForMs??0)>=this.#s.goodAfterMs&&(o=0),await this.#a(r,o),o+=1;else{n+=1;const i=this.#s.retryPauseMs,a=s.nowMs()+i>=this.#e.opensUntilMs;if(r.failure.kind!=="service"||n>=B||a)throw r.failure;this.#e.log(`ssh: ${r.failure.message}; trying once more.`),await s.sleep(i,e)}if(e.aborted)return}}async#a(e,s){const{failure:n}=e;this.#e.onLost(n.message);const o=n.kind==="service"||e.isPortDenied,r=this.#s.restartPausesMs[s];if(!o||r===void 0)throw new h.X(n.kind==="refused"?"refused":"lost",`the tunnel is lost after ${s} restarts: ${n.message}`);const{clock:i,signal:a}=this.#e;await i.sleep(r,a)}async#c(){const{clock:e,signal:s}=this.#e,n=new AbortController,o=AbortSignal.any([s,n.signal]),r=this.#i(this.#t);let i;const a=this.#d(r,o,()=>{i=e.nowMs()});a.catch(()=>{});try{const c=await Promise.race([r.ended,(0,g.eG)(s),a.then(()=>r.ended)]);if(!c)return;const f=i===void 0?void 0:e.nowMs()-i;return{...c,verifiedForMs:f}}finally{n.abort(),await r.stop()}}async#d(e,s,n){const o={...this.#e,signal:s},r=this.#o,{clock:i,opensUntilMs:a}=o,c=i.nowMs(),f=r?c+this.#s.reverifyMs:a,p=await this.#l(e,s);if(!s.aborted)for(this.#t===0&&(this.#t=p,o.onUrl(this.#r(p)));;){try{if(await(0,$.M)(o,this.#r(p),void 0,f),s.aborted)return;this.#o=!0,n(),o.onVerified(),r&&o.onGap();return}catch(S){if(s.aborted)return;const m=S.message,{standsAfterMs:v}=this.#s;this.#n.remotePort===0||i.nowMs()-c>=v?(this.#o=!0,o.onLost(`ssh is up, but ${this.#r(p).host} does not lead here: ${m}`)):o.onLost(m)}await i.sleep(this.#s.latePingMs,s)}}async#l(e,s){const{clock:n,opensUntilMs:o}=this.#e;if(this.#t!==0)return this.#t;const r=n.sleep(o-n.nowMs(),s).then(()=>{}),i=await Promise.race([e.port,r]);if(i!==void 0||s.aborted)return i??0;throw new h.X("timeout",`${this.#n.host} gave no port in time`)}#r(e){const s=new URL(this.#n.publicUrl.replaceAll("{port}",String(e)));return(0,$.v)(s,this.#e.path)}}}),3408:((U,k,d)=>{d.d(k,{M:()=>w,v:()=>E});var g=d(939);const $=300,M=2400;function E(l,h){return new URL(l.pathname.replace(/\/+$/,"")+h,l)}async function w(l,h,P,T=l.opensUntilMs){let y=$;for(;;){try{await l.ping(h,P);return}catch(u){if(!(u instanceof g.X)||u.kind==="refused"||l.clock.nowMs()+y>=T||l.signal.aborted)throw u}await l.clock.sleep(y,l.signal),y=Math.min(M,y*2)}}})};export{G as id,V as ids,z as modules};
