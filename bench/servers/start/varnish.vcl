vcl 4.1;

backend default {
  .host = "127.0.0.1";
  .port = "@BACKEND_PORT@";
}

sub vcl_recv {
  if (req.url ~ "^/api/data/") {
    set req.url = regsub(req.url, "^/api/data/", "/backend/");
  } else {
    set req.url = regsub(req.url, "^/products\?productId=([^&]*)&(.*)$", "/products/\1?\2");
  }
}

sub vcl_backend_response {
  set beresp.ttl = 1d;
}
