//! The expected results. The plans are in `crates/jac-jmx/tests/cases`.

/// What JMeter 5.6.3 does with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// It ends by itself after this many samples.
    Takes(usize),
    /// It cannot be loaded or started, and the exit code shows that.
    Refuses,
    /// It runs until it is stopped.
    NeverEnds,
    /// Cannot be run with the JMeter of the tests.
    NotTried,
}

pub struct Case {
    pub plan: &'static str,
    /// Options for both.
    pub given: &'static [&'static str],
    /// Options of `jac check` alone.
    pub check_only: &'static [&'static str],
    pub does: Does,
    /// Part of the error message if JMeter cannot load the file.
    pub not_a_plan: Option<&'static [&'static str]>,
    pub ok: bool,
    /// Threads per node, if they are checked; the inner `None` means unknown.
    pub threads: Option<Option<u64>>,
    /// All errors and warnings; informational findings may be left out.
    pub findings: &'static [(&'static str, &'static str)],
    /// The files that the plan reads and that exist.
    pub found: &'static [&'static str],
}

const fn runs(plan: &'static str, samples: usize) -> Case {
    Case {
        plan,
        given: &[],
        check_only: &[],
        does: Does::Takes(samples),
        not_a_plan: None,
        ok: true,
        threads: None,
        findings: &[],
        found: &[],
    }
}

const fn not_loaded(plan: &'static str, words: &'static [&'static str]) -> Case {
    Case { does: Does::Refuses, not_a_plan: Some(words), ok: false, ..runs(plan, 0) }
}

const fn refused(plan: &'static str, does: Does, findings: &'static [(&'static str, &'static str)]) -> Case {
    Case { does, ok: false, findings, ..runs(plan, 0) }
}

pub const CASES: &[Case] = &[
    Case { threads: Some(Some(3)), ..runs("f01_blank_in_default.jmx", 6) },
    Case {
        given: &["-q", "f01_blank_in_properties_file.properties"],
        threads: Some(Some(5)),
        ..runs("f01_blank_in_properties_file.jmx", 10)
    },
    Case {
        given: &["-q", "f02_file_named_in_q.properties"],
        found: &["data/rows.csv"],
        ..runs("f02_file_named_in_q.jmx", 1)
    },
    Case { found: &["rows.csv"], ..runs("f03_module_in_disabled_group.jmx", 1) },
    Case { found: &["f04a_part.jmx", "rows.csv"], ..runs("f04a_include_fragment_saved_alone.jmx", 1) },
    Case { found: &["f04c_part.jmx", "rows.csv"], ..runs("f04c_include_runnable_plan.jmx", 1) },
    Case { found: &["modules/var_part.jmx", "data/rows.csv"], ..runs("f04d_include_outer_variable.jmx", 1) },
    Case { found: &["modules/part.jfragment", "rows.csv"], ..runs("f04e_include_other_extension.jmx", 1) },
    refused("f04g_include_path_expression.jmx", Does::Takes(0), &[("error", "file_missing")]),
    Case {
        found: &["f04h_part.jmx"],
        ..refused("f04h_include_without_fragment.jmx", Does::Refuses, &[("error", "include_without_fragment")])
    },
    Case {
        does: Does::NeverEnds,
        findings: &[("warning", "loops_ignored")],
        ..runs("f05_continue_forever_missing.jmx", 0)
    },
    Case { findings: &[("warning", "element_removed")], ..runs("f06_old_classes.jmx", 2) },
    Case {
        threads: Some(None),
        findings: &[("warning", "threads_unknown"), ("warning", "file_unresolved")],
        ..runs("f07_property_set_by_setup.jmx", 8)
    },
    not_loaded("f08a_no_guiclass.jmx", &["step", "line", "guiclass"]),
    not_loaded("f08b_element_without_hashtree.jmx", &["\"a\"", "line", "hashTree"]),
    not_loaded("f08d_unknown_property_tag.jmx", &["strProp", "line"]),
    not_loaded("f08e_intprop_expression.jmx", &["ThreadGroup.num_threads", "line", "intProp"]),
    refused("f09_module_target_renamed.jmx", Does::Refuses, &[("error", "module_target_missing")]),
    runs("f10_nul_saved_by_jmeter.jmx", 1),
    Case { found: &["data/rows.csv"], ..runs("f11_stringfromfile_blank_arguments.jmx", 1) },
    Case {
        given: &["-Jjavax.net.ssl.keyStore=client.p12"],
        findings: &[("warning", "keystore_unknown")],
        ..runs("f12_keystore.jmx", 1)
    },
    Case {
        given: &["-Djavax.net.ssl.keyStore=client.p12"],
        findings: &[("warning", "keystore_missing")],
        ..runs("f12_keystore.jmx", 1)
    },
    Case {
        given: &["-Djavax.net.ssl.keyStore=data/rows.csv"],
        does: Does::NotTried,
        found: &["data/rows.csv"],
        ..runs("f12_keystore.jmx", 1)
    },
    Case {
        does: Does::NotTried,
        ok: false,
        findings: &[("error", "class_missing")],
        ..runs("f14_stepping_ramp_per_step.jmx", 0)
    },
    Case { findings: &[("warning", "named_class_missing")], ..runs("f15_jdbc_driver_missing.jmx", 1) },
    Case { findings: &[("warning", "file_written_by_plan")], ..runs("f16_file_written_by_plan.jmx", 2) },
    Case { check_only: &["--root", "."], found: &["../data/rows.csv"], ..runs("tests/f17_parent_folder.jmx", 1) },
    refused(
        "f18_undefined_variable_threads.jmx",
        Does::Takes(0),
        &[("error", "not_a_number"), ("error", "nothing_runs")],
    ),
    Case {
        check_only: &["--data", "data/rows.csv"],
        found: &["../data/rows.csv"],
        ..runs("tests/f17_parent_folder.jmx", 1)
    },
    refused("tests/f17_parent_folder.jmx", Does::NotTried, &[("error", "file_outside")]),
    Case { found: &["cp"], ..runs("f19_class_path_on_worker.jmx", 1) },
    refused(
        "f20_function_not_there.jmx",
        Does::Takes(0),
        &[("error", "not_a_number"), ("error", "nothing_runs"), ("warning", "function_unknown")],
    ),
    refused("f20_wrong_parameter_count.jmx", Does::Takes(0), &[("error", "function_parameters")]),
    refused("f21_csv_without_name.jmx", Does::Takes(0), &[("error", "file_not_named")]),
    refused("f21_empty_path_sentence.jmx", Does::Takes(0), &[("error", "file_not_named")]),
    refused(
        "f22_file_from_property_without_value.jmx",
        Does::Takes(0),
        &[("error", "file_missing"), ("warning", "property_without_value")],
    ),
    runs("f23_last_end_tag_missing.jmx", 1),
    runs("f23_one_leading_newline.jmx", 1),
    refused("f24_enabled_as_property.jmx", Does::Takes(0), &[("error", "no_thread_group")]),
    runs("f24_scheduler_boolprop_expression.jmx", 1),
    Case {
        findings: &[("info", "runs_until_csv_ends")],
        found: &["data/rows.csv"],
        ..runs("f28_csv_stops_thread.jmx", 2)
    },
    Case { does: Does::NotTried, findings: &[("warning", "variable_too_long")], ..runs("f31_variables_double.jmx", 1) },
    Case { found: &["data/rows.csv", "data/body.json"], ..runs("f33_file_function_in_name.jmx", 3) },
    Case { found: &["data/rows.csv"], ..runs("f34_base_dir_function.jmx", 1) },
];
