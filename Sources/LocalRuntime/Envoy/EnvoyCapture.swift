import Control
import Encoding
package import Rollouts

/// Leave to capture, which ends by itself.
///
/// Envoy serves on when Serin is stopped or dead, and cannot bound a file. So each lease has an end
/// and a size, and a Serin that lives hands out the next one: without it the file stops growing.
package struct CaptureLease: Equatable, Sendable {
  /// Every hold-up of Serin that is no accident is shorter; and a minute's payloads fit a disk.
  package static let length: Duration = .seconds(60)
  /// Often enough that two renewals may fail.
  package static let renewal: Duration = .seconds(20)

  /// Nothing is captured afterwards.
  package let end: Instant
  /// What each of Envoy's threads may write of it, in bytes.
  package let bytesPerThread: Int

  /// Since 1970.
  var endSeconds: Int64 { end.milliseconds / 1000 }

  package init(end: Instant, bytesPerThread: Int) {
    self.end = end
    self.bytesPerThread = bytesPerThread
  }
}

// The part of Envoy's configuration that captures: a filter copies what was chosen into the
// request's metadata, and a log writes every request that has such metadata, once it is over. No
// client waits for either: the copy is made while the bytes pass, the file is written by a thread
// that does nothing else.
extension EnvoyConfiguration {
  /// The longest request and the longest answer that are kept, in bytes; of a longer one it is only
  /// said that it was there.
  ///
  /// A thousand features of a row fit a quarter of it.
  package static let longestCapture = 64 << 10

  private static let captureName = "serin.capture"
  static let luaType = "type.googleapis.com/envoy.extensions.filters.http.lua.v3"

  /// In the way of those requests alone that are captured.
  static var captureFilter: JSONValue {
    .object(captureFilter(leaseOfRoute).with("disabled", true))
  }

  /// In the way of every copy.
  static var copyCaptureFilter: JSONValue { .object(captureFilter(leaseOfCopy)) }

  private static func captureFilter(_ lease: String) -> [String: JSONValue] {
    [
      "name": .string(captureName),
      "typed_config": [
        "@type": .string("\(luaType).Lua"),
        "stat_prefix": "capture",
        "default_source_code": ["inline_string": .string(lease + script)],
      ],
    ]
  }

  /// What a route says to the filter.
  static func capture(_ lease: CaptureLease, _ route: EnvoyRoute) -> JSONValue {
    var context: [String: JSONValue] = [
      "until": .int(lease.endSeconds), "bytes": .number(lease.bytesPerThread),
    ]
    switch route.affinity {
    case .header(let name): context["entity_header"] = .string(name)
    case .cookie(let name): context["entity_cookie"] = .string(name)
    case .json: context["entity_body"] = true
    case nil: break
    }
    switch route.slices {
    case .header(let name): context["slice_header"] = .string(name)
    case .cookie(let name): context["slice_cookie"] = .string(name)
    case .json, .input: context["slice_body"] = true
    case nil: break
    }
    return [
      captureName: [
        "@type": .string("\(luaType).LuaPerRoute"), "filter_context": .object(context),
      ]
    ]
  }

  var captureLog: JSONValue { fileLog(Self.captureName, whenSet: "missed", Self.captureFields) }

  /// Writes a line about each request for which a filter set some metadata.
  ///
  /// Everything goes into one file: Envoy counts what it could not write over all of them.
  func fileLog(_ filter: String, whenSet key: String, _ fields: JSONValue) -> JSONValue {
    let matcher: JSONValue = [
      "filter": .string(filter), "path": [["key": .string(key)]],
      "value": ["present_match": true],
    ]
    return [
      "name": .string(filter),
      "filter": ["metadata_filter": ["matcher": matcher, "match_if_key_not_found": false]],
      "typed_config": [
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
        "path": .string(files.captureFile),
        "log_format": ["json_format": fields],
      ],
    ]
  }

  /// The members of a line, which `CaptureLine` reads.
  private static var captureFields: JSONValue {
    var fields: [String: JSONValue] = [
      // The cluster that a share of the route chose: "payments/fraud-detector/3f9c2a71d0".
      "server": "%UPSTREAM_CLUSTER%",
      "at": "%START_TIME(%s%3f)%",
      "status": "%RESPONSE_CODE%",
      // One more than is taken, so that an id that was cut off is told from a whole one.
      "id": .string("%REQ(X-REQUEST-ID):\(CaptureLine.longestID + 1)%"),
      // What the histogram of a cluster counts, and why an answer broke off.
      "took": "%COMMON_DURATION(DS_RX_END:US_RX_END:ms)%",
      "flags": "%RESPONSE_FLAGS%",
    ]
    for name in ["missed", "entity64", "slice64", "request", "request64", "response", "response64"]
    {
      fields[name] = .string("%DYNAMIC_METADATA(\(captureName):\(name))%")
    }
    return .object(fields)
  }

  /// The entity is what the route's affinity draws a share by, and the slice what the manifest says.
  ///
  /// A slice that the body names is left to whoever reads what is kept: here it has no name yet.
  /// Of a cookie it is the first value of that name, as Envoy reads it. Each step takes time in proportion to the header, whatever a client puts there.
  private static let leaseOfRoute =
    entityOfBody + """
      local function granted(handle)
        local context = handle:filterContext()
        return context:get("until"), context:get("bytes")
      end

      local function cookie(headers, name)
        for index = 0, headers:getNumValues("cookie") - 1 do
          for pair in headers:getAtIndex("cookie", index):gmatch("[^;]+") do
            local first, middle = pair:find("[^ ]"), pair:find("=", 1, true)
            if middle and first and pair:sub(first, middle - 1) == name then
              local value = pair:sub(middle + 1)
              local isQuoted = #value > 1 and value:byte(1) == 34 and value:byte(-1) == 34
              return isQuoted and value:sub(2, -2) or value
            end
          end
        end
      end

      local function value(handle, kind)
        local context, headers = handle:filterContext(), handle:headers()
        local header, name = context:get(kind .. "_header"), context:get(kind .. "_cookie")
        if header then return headers:get(header) or "" end
        if context:get("slice_body") and kind == "slice" then return "" end
        if context:get("entity_body") and kind == "entity" then return entityOfBody(handle) end
        return name and (cookie(headers, name) or "")
      end


      """

  /// A copy is captured when the request is: its route says so in a header, because it cannot say it to
  /// the filter of another listener.
  private static let leaseOfCopy = """
    local function granted(handle)
      local text = handle:headers():get("\(CopyHeader.capture.rawValue)") or ""
      local term, bytes = text:match("^(%d+) (%d+)$")
      return tonumber(term), tonumber(bytes)
    end

    local function value() end


    """

  /// Each of Envoy's threads runs its own copy of it, with its own variables.
  ///
  /// Only the routes of inferences have it. A captured one is answered uncompressed, and a compressed request is
  /// not kept: what cannot be read cannot be counted. Text goes into the log as it is; whatever is
  /// not plain ASCII as base64, because JSON holds no bytes, and so does the name of an entity. Nothing that was taken from the handle
  /// may be used after the body was waited for: Envoy takes it back.
  private static let script = """
    local limit = \(longestCapture)
    local lease, left, missed = nil, 0, 0

    local function keep(handle, name)
      local encoding = handle:headers():get("content-encoding") or "identity"
      local parts, size = {}, 0
      for chunk in handle:bodyChunks() do
        local length = chunk:length()
        size = size + length
        if length > 0 and size <= limit then parts[#parts + 1] = chunk:getBytes(0, length) end
      end
      if size > limit or encoding ~= "identity" then return end
      local body = table.concat(parts)
      if body:find("[^\\32-\\126\\t\\r\\n]") then
        name, body = name .. "64", handle:base64Escape(body)
      end
      left = left - 2 * #body
      handle:streamInfo():dynamicMetadata():set("\(captureName)", name, body)
    end

    function envoy_on_request(handle)
      local term, bytes = granted(handle)
      if not term then return end
      if term ~= lease then lease, left = term, bytes end
      if os.time() >= term then return end
      if left <= 0 then
        missed = missed + 1
        return
      end
      handle:headers():remove("accept-encoding")
      local metadata = handle:streamInfo():dynamicMetadata()
      metadata:set("\(captureName)", "missed", missed)
      left, missed = left - 1024, 0
      local name = value(handle, "entity") or ""
      if #name > 0 and #name <= \(PayloadEvent.longestEntity) then
        metadata:set("\(captureName)", "entity64", handle:base64Escape(name))
        left = left - 2 * #name
      end
      local slice = value(handle, "slice")
      if slice then
        if #slice > \(Slices.longestName) then slice = "" end
        metadata:set("\(captureName)", "slice64", handle:base64Escape(slice))
      end
      keep(handle, "request")
    end

    function envoy_on_response(handle)
      if handle:streamInfo():dynamicMetadata():get("\(captureName)") then
        keep(handle, "response")
      end
    end
    """
}
