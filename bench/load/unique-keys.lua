-- Each request asks for a key that no other has: the path, a mark of the run, a number.
local prefix
local counter = 0

function init(args)
  prefix = wrk.path .. args[1] .. "-"
end

function request()
  counter = counter + 1
  return wrk.format(nil, prefix .. counter)
end
