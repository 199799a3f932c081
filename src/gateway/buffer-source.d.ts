/** Of the DOM's types, which the declarations of `structured-headers` name and Node's do not have. */
type BufferSource = ArrayBufferView | ArrayBuffer;
