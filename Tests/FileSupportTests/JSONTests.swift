import FileSupport
import Foundation
import Testing

@Suite("JSON")
struct JSONTests {
    private func parse(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8), place: "test.json") }

    @Test("values of every kind are read, members in their order")
    func values() throws {
        let json = try parse(" {\"z\": [1, -2.5, 1e3, true, false, null], \"a\": {\"b\": \"c\"}, \"\": \"\"} \r\n")
        let expected: JSON = ["z": [1, -2.5, .number(1000), true, false, nil], "a": ["b": "c"], "": ""]
        #expect(json == expected)
        #expect(json["a"]?["b"] == "c")
        #expect(try parse("[]") == [] && parse("{}") == [:] && parse("0") == 0)
        #expect(try parse("\u{FEFF}[1]") == [1])
    }

    @Test("whole numbers stay exact and other numbers are doubles")
    func numbers() throws {
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("-9223372036854775808") == .integer(.min))
        #expect(try parse("9223372036854775808") == .number(0x1p63))
        #expect(try parse("1.0") == .number(1))
        #expect(try parse("0.1") == .number(0.1))
        #expect(try parse("2.5e-300") == .number(2.5e-300))
        guard case .number(let zero) = try parse("-0") else { throw CocoaError(.coderInvalidValue) }
        #expect(zero == 0 && zero.sign == .minus)
    }

    @Test("escapes are read, pairs of surrogates joined")
    func escapes() throws {
        #expect(
            try parse(#""\"\\\/\b\f\n\r\t\u00e9\u4f60\ud83d\ude00\u0000""#)
                == .string("\"\\/\u{8}\u{C}\n\r\t\u{e9}你😀\0"))
    }

    @Test("keys that are canonically equal are different keys")
    func canonicalKeys() throws {
        let json = try parse("{\"\u{e9}\": 1, \"e\u{301}\": 2}")
        #expect(json["\u{e9}"] == 1)
        #expect(json["e\u{301}"] == 2)
        #expect(JSON.string("\u{e9}") != JSON.string("e\u{301}"))
        #expect(json.setting("e\u{301}", to: 3)["\u{e9}"] == 1)
    }

    @Test(
        "what is not JSON is refused with line and byte",
        arguments: [
            ("", "nothing there", 0), ("[1,]", "no JSON value", 3), ("[1 2]", "a comma", 3), ("{\"a\" 1}", "colon", 5),
            ("{a:1}", "double quotes", 1), ("{\"a\":1,}", "double quotes", 7), ("NaN", "NaN", 0),
            ("-Infinity", "a digit", 1), ("[Infinity]", "NaN and Infinity", 1), ("01", "leading zero", 0),
            ("1.", "decimal point", 2), ("1e", "exponent", 2), ("1e999", "double precision", 0),
            ("tru", "true is near", 0), ("\"abc", "closing quote", 0), ("\"a\nb\"", "control character", 2),
            ("\"\\x\"", "unknown escape", 1), ("\"\\ud800\"", "lone surrogate", 1),
            ("\"\\ud800\\u0041\"", "lone surrogate", 1), ("\"\\udc00\"", "lone surrogate", 1),
            ("\"\\u12g4\"", "hexadecimal", 5), ("1 2", "after the end", 2), ("{\"k\":1,\"k\":2}", "twice", 7),
            ("[", "ends", 1), ("'a'", "no JSON value", 0),
        ])
    func refusals(text: String, message: String, byte: Int) throws {
        let error = try #require(throws: InputError.self) { try parse(text) }
        #expect(error.what.contains(message), "\(error)")
        #expect(error.place == "test.json, line 1, byte \(byte)", "\(error)")
    }

    @Test("invalid UTF-8, deep nesting and late duplicates are refused")
    func hiddenRefusals() throws {
        for broken: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22]] {
            let error = try #require(throws: InputError.self) { try JSON.parse(broken, place: "b") }
            #expect(error.what.contains("UTF-8"))
        }
        let deep = String(repeating: "[", count: 100_000)
        let error = try #require(throws: InputError.self) { try parse(deep) }
        #expect(error.what.contains("deeper"))
        let many = (0..<1000).map { "\"k\($0)\": \($0)" }.joined(separator: ",\n")
        #expect(try parse("{\(many)}")["k999"] == 999)
        let twice = try #require(throws: InputError.self) { try parse("{\(many),\n\"k500\": 1}") }
        #expect(twice.what.contains("k500") && twice.place.contains("line 1001"))
    }

    @Test("written text reads back as the same value, compact and pretty")
    func roundTrip() throws {
        let value: JSON = [
            "text": "quote \" back \\ line \n tab \t nul \0 del \u{7f} é 😀", "numbers": [0.1, 1e300, -2.5e-10, 1.0, 3],
            "empty": [:], "list": [], "deep": [[1, 2], ["k": [true, nil]]],
        ]
        #expect(try parse(value.compact) == value)
        #expect(try parse(value.pretty) == value)
        #expect(JSON.object([("a", [1, 2]), ("b", ["c": 0.5])]).compact == #"{"a":[1,2],"b":{"c":0.5}}"#)
        #expect(
            JSON.object([("a", [1, 2]), ("b", ["c": 0.5])]).pretty
                == "{\n  \"a\": [1,2],\n  \"b\": {\n    \"c\": 0.5\n  }\n}\n")
    }

    @Test("numbers that are not finite are null, and a member beside them says what they were")
    func nonFinite() throws {
        let json: JSON = ["a": .number(Double.nan), "b": .number(Double.infinity), "c": .number(-Double.infinity)]
        #expect(
            json.compact
                == #"{"a":null,"a_not_finite":"NaN","b":null,"b_not_finite":"inf","c":null,"c_not_finite":"-inf"}"#)
        let list: JSON = ["x": [1, .number(.nan), [0.5, .number(.infinity), [.single(.nan)]], ["y": .number(.nan)]]]
        #expect(
            list.compact
                == #"{"x":[1,null,[0.5,null,[null]],{"y":null,"y_not_finite":"NaN"}],"#
                + #""x_not_finite":"NaN at 1, inf at 2.1, NaN at 2.2.0"}"#)
        for json in [json, list] {
            #expect(try parse(json.compact).pretty == json.pretty && parse(json.pretty).compact == json.compact)
        }
        let text = JSONCursor(try parse(#"{"a":"NaN"}"#), place: "x")
        #expect(throws: InputError.self) { try text.member("a").double() }
    }

    @Test("a single-precision number is written in its own shortest form")
    func singlePrecision() {
        #expect(JSON.single(Float(0.1)).compact == "0.1")
        #expect(JSON.single(Float(1e-5)).compact == "1e-05")
    }

    @Test("a wrong type names the file, the key path and the value found")
    func cursor() throws {
        let root = JSONCursor(try parse(#"{"a": {"b": [1, "x", 2.5, null]}, "n": null}"#), place: "config.json")
        let list = try root.member("a").member("b").elements()
        #expect(try list[0].int() == 1)
        #expect(try root.optional("n") == nil && root.optional("missing") == nil)
        let wrong = try #require(throws: InputError.self) { try list[1].int() }
        #expect(wrong.what == "a.b[1] is \"x\", and a whole number is wanted" && wrong.place == "config.json")
        #expect(throws: InputError.self) { try list[2].int() }
        #expect(throws: InputError.self) { try list[3].string() }
        let missing = try #require(throws: InputError.self) { try root.member("a").member("z") }
        #expect(missing.what.contains("a.z"))
    }
}
