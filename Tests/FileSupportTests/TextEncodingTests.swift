import FileSupport
import Foundation
import Testing

@Suite("Texts in other encodings and with other separators")
struct TextEncodingTests {
    fileprivate static let table = "id,text\n1,naïve words here\n"

    /// Every way in which a text comes into the program.
    private enum Reader: String, CaseIterable {
        case text, table, json, lines

        func read(_ bytes: [UInt8]) throws {
            switch self {
            case .text: _ = try Input.text(bytes, place: "x")
            case .table: _ = try CSVTable.parse(bytes, place: "x")
            case .json: _ = try JSON.parse(bytes, place: "x")
            case .lines: _ = try JSONLines.parse(bytes, place: "x")
            }
        }

        /// A text that it reads, with a letter beyond ASCII in its second line.
        var sample: String {
            switch self {
            case .text, .table: TextEncodingTests.table
            case .json: "{\"a\": [1,\n\"naïve\"]}\n"
            case .lines: "{\"a\": 1}\n{\"b\": \"naïve\"}\n"
            }
        }
    }

    private func bytes(_ text: String, _ encoding: String.Encoding, mark: [UInt8] = []) throws -> [UInt8] {
        mark + [UInt8](try #require(text.data(using: encoding)))
    }

    private func refusal(_ reader: Reader, _ bytes: [UInt8]) throws -> String {
        try #require(throws: InputError.self) { try reader.read(bytes) }.description
    }

    @Test("UTF-16 and UTF-32 are named, with a byte order mark and without", arguments: Reader.allCases)
    private func wide(reader: Reader) throws {
        for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
            let mark: [UInt8] = encoding == .utf16LittleEndian ? [0xFF, 0xFE] : [0xFE, 0xFF]
            for mark in [[], mark] {
                let line = try refusal(reader, try bytes(reader.sample, encoding, mark: mark))
                #expect(line.hasPrefix("a text in UTF-16, and UTF-8 is wanted - x - save it as UTF-8"), "\(line)")
            }
        }
        let wider = try bytes(reader.sample, .utf32LittleEndian, mark: [0xFF, 0xFE, 0, 0])
        #expect(try refusal(reader, wider).contains("UTF-32"))
    }

    @Test("Latin-1 is named with the letter and the line", arguments: Reader.allCases)
    private func latin(reader: Reader) throws {
        let line = try refusal(reader, try bytes(reader.sample, .isoLatin1))
        #expect(line.contains("invalid UTF-8") && line.contains("(0xEF, `ï` in Latin-1)"), "\(line)")
        #expect(line.contains("x line 2") || line.contains("x, line 2"), "\(line)")
        #expect(line.contains("iconv -f WINDOWS-1252 -t UTF-8"), "\(line)")
    }

    @Test("a NUL byte is named with its line", arguments: [Reader.text, .table])
    private func zero(reader: Reader) throws {
        let line = try refusal(reader, Array(Self.table.replacing("words", with: "wor\0ds").utf8))
        #expect(line.hasPrefix("a NUL byte at byte 20, which no text holds - x line 2 - "), "\(line)")
    }

    @Test("a byte order mark at the start is dropped, whoever reads", arguments: Reader.allCases)
    private func mark(reader: Reader) throws {
        try reader.read([0xEF, 0xBB, 0xBF] + Array(reader.sample.utf8))
        #expect(try Input.text([0xEF, 0xBB, 0xBF, 0x61], place: "x") == "a")
        #expect(try Array(Input.text([0x61, 0xEF, 0xBB, 0xBF], place: "x").utf8) == [0x61, 0xEF, 0xBB, 0xBF])
    }

    @Test(
        "another delimiter or end of lines is named",
        arguments: [
            ("id;text\n1;a, b, c\n", ",", "columns separated by semicolons, and commas are wanted - x - save it"),
            ("id\ttext\n1\ta\n", ",", "columns separated by tabs, and commas are wanted - x - name it .tsv"),
            ("id,text\n1,a\n", "\t", "columns separated by commas, and tabs are wanted - x - name it .csv"),
            ("id|text\n1|a\n", ",", "columns separated by bars, and commas are wanted - x - save it"),
            ("id,text\r1,a\r", ",", "lines that end with a lone carriage return - x - save it with line feeds"),
        ])
    func delimiters(text: String, delimiter: String, message: String) throws {
        let byte = try #require(delimiter.utf8.first)
        let error = try #require(throws: InputError.self) {
            try CSVTable.parse(Array(text.utf8), place: "x", delimiter: byte)
        }
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    @Test("one column whose name holds no other delimiter is read", arguments: ["text", "text;", "a text", ";"])
    func oneColumn(name: String) throws {
        #expect(try CSVTable.parse(Array("\(name)\nx\n".utf8), place: "x").header == [name])
    }

    @Test("a long part of a message loses its middle, however its characters are spelled")
    func shortLines() {
        let bells = InputError(String(repeating: "\u{7}", count: 1_100), at: "", remedy: "").description
        #expect(bells.unicodeScalars.count <= 3_800 && bells.hasPrefix("\\u{7}\\u{7}"))
        #expect(bells.contains("… (") && bells.hasSuffix("\\u{7}"))
        let letters = InputError(String(repeating: "a", count: 1_500), at: "", remedy: "").description
        let (head, tail) = (String(repeating: "a", count: 800), String(repeating: "a", count: 200))
        #expect(letters == "\(head) … (500 characters) … \(tail)")
        let whole = String(repeating: "b", count: 1_200)
        #expect(InputError(whole, at: "", remedy: "").description == whole)
    }
}
