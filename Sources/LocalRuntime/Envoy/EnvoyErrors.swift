import Encoding
import Rollouts

// The part of Envoy's configuration that keeps how answers begin that are errors, so that a rollback for
// errors can say why. A filter copies the first bytes of such a body into the request's metadata, and a
// log writes them into the file of the captures once the request is over. Answers that are no errors
// pass it by.
extension EnvoyConfiguration {
  private static let errorsName = "serin.errors"

  /// How many are kept of a revision, in a minute and by each thread: one is enough, and a few more
  /// show whether they are alike.
  private static let errorsKept = 4

  static var errorFilter: JSONValue {
    [
      "name": .string(errorsName),
      "typed_config": [
        "@type": .string("\(luaType).Lua"),
        "stat_prefix": "errors",
        "default_source_code": ["inline_string": .string(errorScript)],
      ],
    ]
  }

  var errorLog: JSONValue {
    fileLog(
      Self.errorsName, whenSet: "kept",
      [
        "server": "%UPSTREAM_CLUSTER%", "at": "%START_TIME(%s%3f)%", "error": "%RESPONSE_CODE%",
        "body64": .string("%DYNAMIC_METADATA(\(Self.errorsName):body64)%"),
      ])
  }

  /// Each of Envoy's threads runs its own copy of it, with its own variables.
  ///
  /// The header that names the revision is there when an answer comes to the filters. A body goes into
  /// the log as base64, whatever it holds. A compressed one cannot be shown.
  private static let errorScript = """
    local limit = \(ErrorSample.longestBody)
    local kept, term = {}, 0

    local function mayKeep(revision)
      local now = os.time()
      if now >= term then kept, term = {}, now + 60 end
      kept[revision] = (kept[revision] or 0) + 1
      return kept[revision] <= \(errorsKept)
    end

    function envoy_on_response(handle)
      local headers = handle:headers()
      if headers:get(":status") < "500" then return end
      if not mayKeep(headers:get("serin-revision") or "") then return end
      handle:streamInfo():dynamicMetadata():set("\(errorsName)", "kept", 1)
      if (headers:get("content-encoding") or "identity") ~= "identity" then return end
      local body = ""
      for chunk in handle:bodyChunks() do
        local length = math.min(chunk:length(), limit - #body)
        if length > 0 then body = body .. chunk:getBytes(0, length) end
        if #body >= limit then break end
      end
      local text = handle:base64Escape(body)
      handle:streamInfo():dynamicMetadata():set("\(errorsName)", "body64", text)
    end
    """
}
