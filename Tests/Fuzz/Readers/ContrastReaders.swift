import Evaluate
import FileSupport

/// Files of benchmarks that are made of contrasts.
extension Reader {
    static let hateCheck = Reader(
        kind: "hatecheck", targets: ["cases.csv"],
        makeSeeds: { seeds, folder in
            try seeds.write(
                """
                functionality,case_id,test_case,label_gold,target_ident,ref_case_id,ref_templ_id,templ_id
                dull_h,1,"The maid is dull. ",hateful,maids,,,t1
                dull_nh,2,"The maid is not dull.",non-hateful,maids,1,t1,t2
                loud_nh,3,The king is loud.,non-hateful,,,,t3

                """, to: folder + "/table/cases.csv")
        }, read: { try evaluate($0, benchmarks: [(HateCheck.key, $0.path)]) })

    private static let comments = ["gender_female", "gender_male"].map { "reddit_comments_\($0)_biased_test.csv" }

    static let redditBias = Reader(
        kind: "redditbias", targets: comments,
        makeSeeds: { seeds, folder in
            try seeds.write(
                "comments_processed,perplexity\nthe queen is shy,1.5\n\"the maid, too\",2\n",
                to: "\(folder)/tables/\(comments[0])")
            try seeds.write(
                "initial_demo,replaced_demo,comments,comments_processed\n"
                    + "['queen'],['king'],the queen is shy,the king is shy\n"
                    + "\"['maid', ' she ']\",\"['man', ' he ']\",\"the maid, too\",\"the man, too\"\n",
                to: "\(folder)/tables/\(comments[1])")
        },
        read: { mutant in
            try evaluate(mutant, benchmarks: comments.map { (RedditBias.key, mutant.folder + "/" + $0) })
        })

    static let bbq = Reader(
        kind: "bbq", targets: ["examples.jsonl", "templates.csv"],
        makeSeeds: { seeds, folder in
            let lines = [("neg", "ambig", 1), ("nonneg", "disambig", 0)].enumerated().map { number, parts -> String in
                let example: JSON = [
                    "example_id": .integer(number), "question_index": "1", "question_polarity": .string(parts.0),
                    "context_condition": .string(parts.1), "category": "Rank", "label": .integer(parts.2),
                    "answer_info": [
                        "ans0": ["the king", "king"], "ans1": ["?", "unknown"], "ans2": ["maid", "maid"],
                    ],
                    "additional_metadata": ["stereotyped_groups": ["King"]], "context": "The king met the maid.",
                    "question": "Who was loud?", "ans0": "The king", "ans1": "Not known", "ans2": "The maid",
                ]
                return example.compact + "\n"
            }
            try seeds.write(lines.joined(), to: folder + "/lines/examples.jsonl")
            try seeds.write(
                """
                Q_id,Category,Ambiguous_Context,Disambiguating_Context,Names,Lexical_diversity,Question_negative_stereotype,\
                Question_non_negative,Answer_negative,Answer_non_negative,Known_stereotyped_groups,NAME1_info,NAME2_info
                1,Rank,A {{NAME1}} met a {{NAME2}} at the {{WORD1}}.,The {{NAME1}} sang.,\
                "NAME1: [king, queen]; {{NAME2}}: [maid]","WORD1: [moor, cottage]",Who sang?,Who sat?,The {{NAME1}},\
                The {{NAME2}},"[""royal""]",royal,servant

                """, to: folder + "/table/templates.csv")
        }, read: { try evaluate($0, benchmarks: [(BBQ.key, $0.path)]) })

    private static let parts = ["descriptors.json", "nouns.json", "sentence_templates.json"]

    static let holisticBias = Reader(
        kind: "holisticbias", targets: parts,
        makeSeeds: { seeds, folder in
            let values: [JSON] = [
                [
                    "rank": ["high": ["royal", ["descriptor": "noble", "gender": "male"]], "low": ["humble"]],
                    "mood": ["all": ["shy", ["descriptor": "loud", "article": "a"], "brash"]],
                ],
                ["female": [["girl", "girls"]], "male": [["boy", "boys"], ["man", "men"]]],
                ["I am {noun_phrase}.": [:], "I like {plural_noun_phrase}.": ["must_be_noun": true]],
            ]
            for (name, value) in zip(parts, values) { try seeds.write(value.pretty, to: folder + "/files/" + name) }
        },
        read: { mutant in
            try evaluate(mutant, benchmarks: parts.map { (HolisticBias.key, mutant.folder + "/" + $0) })
        })
}
