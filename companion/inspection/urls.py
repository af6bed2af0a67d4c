"""Inspection's doors, and the page on which everybody reads who looked at theirs."""

from django.urls import path

from companion.inspection import acts, dashboard, policies, records, views

urlpatterns = [
    path("account/looks/", records.looks, name="inspection_looks"),
    path("inspect/", views.people, name="inspection_people"),
    path("inspect/figures/", dashboard.figures, name="inspection_figures"),
    path("inspect/record/", records.log, name="inspection_log"),
    path("inspect/record.csv", records.log_csv, name="inspection_log_csv"),
    path("inspect/record.jsonl", records.log_jsonl, name="inspection_log_jsonl"),
    path("inspect/policies/", policies.house, name="inspection_policies"),
    path("inspect/policies/keep/", policies.keep_house, name="inspection_keep_policies"),
    path("inspect/roles/", records.roles, name="inspection_roles"),
    path("inspect/<int:pk>/", views.person, name="inspection_person"),
    path("inspect/<int:pk>/leave/", views.leave, name="inspection_leave"),
    path("inspect/<int:pk>/memories/<int:memory_id>/", views.memory, name="inspection_memory"),
    path("inspect/<int:pk>/memories/<int:memory_id>/erase/", acts.erase_memory, name="inspection_erase_memory"),
    path("inspect/<int:pk>/portrait/", views.portrait, name="inspection_portrait"),
    path("inspect/<int:pk>/summaries/", views.summaries, name="inspection_summaries"),
    path("inspect/<int:pk>/policy/", policies.person, name="inspection_person_policy"),
    path("inspect/<int:pk>/policy/keep/", policies.keep_person, name="inspection_keep_person_policy"),
    path("inspect/<int:pk>/recalls/", views.recalls, name="inspection_recalls"),
    path("inspect/<int:pk>/recall/", views.try_recall, name="inspection_recall"),
    path("inspect/<int:pk>/steps/<int:step_id>/retry/", acts.retry_step, name="inspection_retry_step"),
    path("inspect/<int:pk>/periods/<int:period_id>/retry/", acts.retry_period, name="inspection_retry_period"),
    path("inspect/<int:pk>/erase/", acts.erase_everything, name="inspection_erase_everything"),
    path("inspect/<int:pk>/erasures/<int:erasure_id>/take-back/", acts.take_back, name="inspection_take_back"),
    path("inspect/<int:pk>/export/<int:companion_id>/", acts.export_talk, name="inspection_export"),
]
