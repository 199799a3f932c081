import { Backend } from './backend.js';

const backend = new Backend(500);
console.log(`A slow backend listens on ${await backend.listen(4001)}`);
